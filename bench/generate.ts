/**
 * Generation: tokens per second of greedy decoding with a KV cache, until the context is full, one text at a time and several
 * at once (as rollouts and evaluation decode).
 */
import { generate, generateBatch } from '../src/generation/generate.ts';
import { CausalLM } from '../src/models/causal-lm.ts';
import { preset } from '../src/models/presets.ts';
import { type Backend, Random, setDefaults, withDefaults } from '../src/tensor/index.ts';
import { type Bench, ratiosOf } from './children.ts';
import { withCeiling } from './gemm.ts';
import type { Measurement } from './measurement.ts';
import { disturbance, faster, measurementOf, takeTurns } from './turns/rounds.ts';

const PROMPT = [1, 2, 3, 4];

export const batches = [1, 8, 64] as const;

/** Tokens that a row of a batch gets. */
export function newTokens(name: string): number {
  return preset(name).maxPositionEmbeddings - PROMPT.length;
}

/** Decodes `batch` texts and returns milliseconds per token. */
export function makeDecoder(name: string, backend: Backend, batch = 1): () => Promise<number> {
  const config = preset(name);
  const model = withDefaults({ backend }, () => new CausalLM(config, new Random(1)).eval());
  const maxNewTokens = newTokens(name);
  const prompts = Array.from({ length: batch }, (_, i) => [PROMPT[0]! + i, ...PROMPT.slice(1)]); // equal ones would be read once
  return async () => {
    setDefaults({ backend }); // not withDefaults: the decoder returns between tokens
    const began = performance.now();
    let tokens = 0;
    if (batch === 1) for await (const _ of generate(model, PROMPT, { maxNewTokens })) tokens++;
    else
      for (const answer of await generateBatch(model, prompts, { maxNewTokens, stopIds: [] }))
        tokens += answer.length;
    return (performance.now() - began) / tokens;
  };
}

/** One text of nano takes 30 ms, 64 texts of micro seconds. */
const usual = (name: string, batch: number) => (name === 'micro' && batch > 8 ? 3 : batch > 8 ? 5 : 7);

export async function* decode({ children, rounds, wants }: Bench): AsyncGenerator<Measurement> {
  for (const name of ['pico', 'nano', 'micro']) {
    if (!wants(name)) continue;
    for (const batch of batches) {
      const task = (size: number) => ({ group: 'generate', name, batch: size }) as const;
      const sizes = batch === 1 ? [1] : [batch, 1];
      const candidates = sizes.flatMap((size) => children.map((child) => ({ child, task: task(size) })));
      const plan = { rounds: rounds(usual(name, batch)), leastMs: 50, ceilings: withCeiling(children) };
      const result = await takeTurns(candidates, plan);
      const warning = disturbance(result.ceilings);
      const own = { ...result, series: result.series.slice(0, children.length) };
      for (const [i, series] of own.series.entries()) {
        const one = result.series[children.length + i];
        yield {
          ...measurementOf(series, 'generate', batch === 1 ? name : `${name} x ${batch}`),
          ratios: { ...ratiosOf(own, i), ...(one === undefined ? {} : { 'batch 1': faster(series, one) }) },
          ...(warning === null ? {} : { warning }),
        };
      }
      await result.close();
    }
  }
}
