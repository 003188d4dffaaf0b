/**
 * Model sizes by name.
 *
 * pico, nano and micro are for a laptop: small vocabularies and one table for input and output, so that most of the parameters
 * think rather than store words. The others are the sizes of tiny-llm-zh, kept to the last parameter: there the two tables of
 * 64,798 rows are 93 % of the smallest model and 18 % of the largest.
 */
import { UserError } from '../errors.ts';
import type { ModelConfig } from './config.ts';

type Size = [dim: number, layers: number, heads: number, feedForward: number, context: number, vocab: number];

const laptop: Record<string, Size> = {
  pico: [64, 2, 4, 176, 64, 512],
  nano: [128, 4, 4, 344, 128, 2048],
  micro: [256, 6, 8, 688, 256, 4096],
};

const reference: Record<string, Size> = {
  '16m': [120, 6, 6, 384, 512, 64798],
  '42m': [288, 6, 6, 768, 512, 64798],
  '92m': [512, 8, 8, 1408, 1024, 64798],
  '210m': [768, 16, 12, 2048, 1024, 64798],
  '440m': [1024, 24, 16, 2816, 1024, 64798],
  '1.5b': [2048, 24, 16, 5504, 1024, 64798],
};

export const presetNames: readonly string[] = [...Object.keys(laptop), ...Object.keys(reference)];

export const DEFAULT_ARCHITECTURE = 'tinyllm';

/** The config of a preset; an unknown name is refused with the list of names. */
export function preset(name: string, _arch = DEFAULT_ARCHITECTURE): ModelConfig {
  const size = presetNames.includes(name) ? (laptop[name] ?? reference[name]) : undefined;
  if (size === undefined) {
    throw new UserError(`There is no preset "${name}"; choose one of ${presetNames.join(', ')}`);
  }
  const [hiddenSize, numHiddenLayers, heads, intermediateSize, maxPositionEmbeddings, vocabSize] = size;
  return {
    arch: 'tinyllm',
    vocabSize,
    hiddenSize,
    intermediateSize,
    numHiddenLayers,
    numAttentionHeads: heads,
    numKeyValueHeads: heads,
    maxPositionEmbeddings,
    rmsNormEps: 1e-6,
    ropeTheta: 10000,
    tieWordEmbeddings: name in laptop,
    attentionDropout: 0,
    initializerRange: 0.02,
  };
}
