/**
 * Memory of nano training (16 x 128 tokens): the most bytes in use against what the step needs on paper.
 *
 *   formula = 4 bytes x ( 4 P + L N (8 D + 3 F + H + 2) + N (4 D + 2) + 256 V )
 *
 *   4 P                 parameters, gradients and AdamW's two moments
 *   per layer, token    8 D: block input, both norms' outputs, q, k (turned), v, attention's output, stream after attention;
 *                       3 F: gate, up, their product; H + 2: the normalizers of attention's rows, the factors of two norms
 *   N (4 D + 2)         stream and norm after the last block, hidden states that count and their gradient; losses, norm factors
 *   256 V               the block of logits that the fused cross-entropy holds at once
 *
 * P parameters, L layers, N tokens, D model width, F feed-forward width, H heads, V vocabulary. Gradients of activations come
 * and go during backward while activations leave, so they are not counted. The reference backend's memory belongs to the
 * collector and is not measured.
 *
 * Flat: bytes in use between steps and the size of the whole memory must not grow from the tenth step to the last.
 */
import type { ModelConfig } from '../src/models/config.ts';
import { preset } from '../src/models/presets.ts';
import { startWasmBackend } from '../src/platform/node.ts';
import type { Bench } from './children.ts';
import type { Measurement } from './measurement.ts';
import type { Contender } from './tasks.ts';
import { makeTrainer } from './trainer.ts';

const ROWS = 16;
const LOGIT_ROWS = 256;

export function formulaBytes(config: ModelConfig, parameters: number, tokens: number): number {
  const {
    hiddenSize: D,
    intermediateSize: F,
    numAttentionHeads: H,
    numHiddenLayers: L,
    vocabSize: V,
  } = config;
  const layers = L * tokens * (8 * D + 3 * F + H + 2);
  return 4 * (4 * parameters + layers + tokens * (4 * D + 2) + LOGIT_ROWS * V);
}

export async function* memory({ children, steps }: Bench): AsyncGenerator<Measurement> {
  const child = children.at(-1)!;
  if (child.greeting.backend === 'wasm') yield* await child.report({ group: 'memory', steps });
}

/** In the child: a backend of its own, so that the memory is fresh. */
export async function measureMemory({ threads, wasm }: Contender, steps: number): Promise<Measurement[]> {
  const backend = await startWasmBackend({ threads, wide: wasm?.wide });
  const { memory: own } = backend.device;
  const trainer = makeTrainer('nano', ROWS, backend);
  let early = { used: 0, whole: 0 };
  const now = () => ({ used: own.usedBytes, whole: own.memory.buffer.byteLength });
  for (let step = 1; step <= steps; step++) {
    trainer.step();
    if (step === Math.min(10, steps)) early = now();
    if (step % 100 === 0) await new Promise(setImmediate); // lets the collector's callbacks run, as a training loop does
  }
  const late = now();
  backend.stop();
  const formula = formulaBytes(preset('nano'), trainer.model.parameterCount(), trainer.tokens);
  const measurement = {
    group: 'memory',
    name: 'nano 16x128',
    backend: backend.name,
    threads,
    value: own.peakBytes / 1e6,
    unit: 'MB',
    version: `Node ${process.versions.node}`,
    ratios: { formula: own.peakBytes / formula, 'formula, whole memory': late.whole / formula },
    details: {
      'formula MB': formula / 1e6,
      'between steps MB': late.used / 1e6,
      'whole memory MB': late.whole / 1e6,
      steps,
      'growth since step 10 bytes': late.used - early.used,
      'whole memory growth bytes': late.whole - early.whole,
    },
  };
  return [measurement];
}
