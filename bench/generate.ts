/**
 * Generation: tokens per second of greedy decoding with a KV cache, one text at a time, until the context is full.
 */
import { generate } from '../src/generation/generate.ts';
import { CausalLM } from '../src/models/causal-lm.ts';
import { preset } from '../src/models/presets.ts';
import { type Backend, Random, setDefaults, withDefaults } from '../src/tensor/index.ts';
import { type Bench, labels } from './backends.ts';
import type { Measurement } from './measurement.ts';
import { faster, median } from './timing.ts';

const PROMPT = [1, 2, 3, 4];

/** Decodes one text and returns milliseconds per token. */
export function makeDecoder(name: string, backend: Backend): () => Promise<number> {
  const config = preset(name);
  const model = withDefaults({ backend }, () => new CausalLM(config, new Random(1)).eval());
  const maxNewTokens = config.maxPositionEmbeddings - PROMPT.length;
  return async () => {
    setDefaults({ backend }); // not withDefaults: the decoder returns between tokens
    const began = performance.now();
    let tokens = 0;
    for await (const _ of generate(model, PROMPT, { maxNewTokens })) tokens++;
    return (performance.now() - began) / tokens;
  };
}

export async function* decode({ contenders }: Bench): AsyncGenerator<Measurement> {
  for (const name of ['pico', 'nano', 'micro']) {
    const decoders = contenders.map(({ backend }) => makeDecoder(name, backend));
    const times: number[][] = contenders.map(() => []);
    for (let round = -2; round < 7; round++) {
      for (const [i, run] of decoders.entries()) {
        const ms = await run();
        if (round >= 0) times[i]!.push(ms);
      }
    }
    for (const [i, contender] of contenders.entries()) {
      yield {
        group: 'generate',
        name,
        ...labels(contender),
        value: 1000 / median(times[i]!),
        unit: 'tokens/s',
        ...(i === 0 ? {} : { ratios: { '1 thread': faster(times[i]!, times[0]!) } }),
      };
    }
  }
}
