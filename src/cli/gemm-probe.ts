/**
 * Which of two backends multiplies matrices faster, at the sizes of the model that is going to run on it.
 *
 * Matrix products are most of a training step. The probe runs those of one block and of the output layer, forward, a few times
 * each, and reads one number at the end: a device that computes asynchronously has to finish before it can answer.
 */
import type { ModelConfig } from '../models/config.ts';
import { type Backend, Random, randn, scope } from '../tensor/index.ts';

/** Rows, inner, columns. */
export type GemmShape = readonly [M: number, K: number, N: number];

/** The products of one layer and of the output, for `tokens` tokens at a time. */
export function modelGemms(config: ModelConfig, tokens: number): GemmShape[] {
  const { hiddenSize: D, intermediateSize: F, vocabSize: V } = config;
  return [
    [tokens, D, D],
    [tokens, D, F],
    [tokens, F, D],
    [tokens, D, V],
  ];
}

/** Milliseconds for all shapes once: the best of some rounds after one that compiles. */
export async function timeGemms(backend: Backend, shapes: readonly GemmShape[], rounds = 3): Promise<number> {
  const random = new Random(1);
  const pairs = shapes.map(([M, K, N]) => [
    randn([M, K], random, { backend }),
    randn([K, N], random, { backend }),
  ]);
  let best = Infinity;
  for (let round = 0; round <= rounds; round++) {
    const began = performance.now();
    const last = scope(() => {
      const corners = pairs.map(([a, b]) => a!.matmul(b!).slice(0, 0, 1).slice(1, 0, 1).contiguous());
      return corners.reduce((sum, corner) => sum.add(corner));
    });
    await last.read();
    last.dispose();
    if (round > 0) best = Math.min(best, performance.now() - began);
  }
  for (const pair of pairs) for (const tensor of pair) tensor.dispose();
  return best;
}
