/**
 * Sizes of models as rows of a table, and the sizes for a laptop, which every architecture has.
 *
 * pico, nano and micro have small vocabularies and one table for input and output, so that most of the parameters think rather
 * than store words.
 */
import type { ModelConfig } from '../config.ts';

export type Size = readonly [
  dim: number,
  layers: number,
  heads: number,
  feedForward: number,
  context: number,
  vocab: number,
];

export const laptop: Readonly<Record<string, Size>> = {
  pico: [64, 2, 4, 176, 64, 512],
  nano: [128, 4, 4, 344, 128, 2048],
  micro: [256, 6, 8, 688, 256, 4096],
};

/** The part of a config that a size states. */
export function configOfSize([dim, layers, heads, feedForward, context, vocab]: Size) {
  return {
    vocabSize: vocab,
    hiddenSize: dim,
    intermediateSize: feedForward,
    numHiddenLayers: layers,
    numAttentionHeads: heads,
    numKeyValueHeads: heads,
    maxPositionEmbeddings: context,
  } satisfies Partial<ModelConfig>;
}

/** A config for each size. */
export function presetsOf(
  sizes: Readonly<Record<string, Size>>,
  rest: (name: string) => Omit<ModelConfig, keyof ReturnType<typeof configOfSize>>,
): Record<string, ModelConfig> {
  return Object.fromEntries(
    Object.entries(sizes).map(([name, size]) => [name, { ...configOfSize(size), ...rest(name) }]),
  );
}
