/**
 * Small models for tests: in float64 unless said otherwise, with biases and gains that are not neutral, so that forgetting one
 * shows.
 */
import { CausalLM } from '../../src/models/causal-lm.ts';
import type { ModelConfig } from '../../src/models/config.ts';
import type { Module } from '../../src/nn/module.ts';
import { fromArray, IGNORE_INDEX, Random, randn, type Tensor, withDefaults } from '../../src/tensor/index.ts';
import type { Golden } from '../close.ts';

/** For sums in float64 that two ways of computing take in another order. */
export const TIGHT = { absolute: 1e-9, relative: 1e-9 };

export function float64<T>(fn: () => T): T {
  return withDefaults({ dtype: 'float64' }, fn);
}

export const tinyConfig: ModelConfig = {
  arch: 'tinyllm',
  vocabSize: 13,
  hiddenSize: 16,
  intermediateSize: 12,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  maxPositionEmbeddings: 16,
  rmsNormEps: 1e-6,
  ropeTheta: 10000,
  tieWordEmbeddings: true,
  attentionDropout: 0,
  initializerRange: 0.02,
};

export const tinyMoE: ModelConfig = {
  ...tinyConfig,
  arch: 'moe',
  intermediateSize: 24,
  numExperts: 4,
  numExpertsPerTok: 2,
  moeIntermediateSize: 8,
  sharedExpertIntermediateSize: 8,
  routerAuxLossCoef: 0.01,
  balancing: 'loss',
};

/** One model of each architecture, with no setting at its usual value. */
export const everyArchitecture: Readonly<Record<string, ModelConfig>> = {
  tinyllm: { ...tinyConfig, rmsNormEps: 0.03, ropeTheta: 50, tieWordEmbeddings: false },
  llama2: { ...tinyConfig, arch: 'llama2', rmsNormEps: 0.2, ropeTheta: 7, numKeyValueHeads: 1 },
  moe: { ...tinyMoE, rmsNormEps: 0.1, ropeTheta: 300, numExperts: 5, numExpertsPerTok: 3 },
  'moe with a bias': { ...tinyMoE, numExperts: 3, numExpertsPerTok: 1, balancing: 'bias' },
};

/** Overwrite every parameter with N(0, 0.35), gains with 1 + N(0, 0.35). */
export function randomize<M extends Module>(module: M, seed: number, scale = 0.35): M {
  const random = new Random(seed);
  for (const [name, parameter] of module.namedParameters()) {
    const mean = parameter.rank === 1 && /norm|^weight$/.test(name) ? 1 : 0;
    parameter.assign(randn(parameter.shape, random, { mean, std: scale, dtype: parameter.dtype }));
  }
  return module;
}

/** A float64 model with random weights, ready for evaluation. */
export function tinyModel(changes: Partial<ModelConfig> = {}, seed = 1): CausalLM {
  return float64(() =>
    randomize(new CausalLM({ ...tinyConfig, ...changes }, new Random(seed)), seed + 100),
  ).eval();
}

/** The golden model of tests/golden/model.safetensors, without its weights. */
export function goldenConfig(tied: boolean): ModelConfig {
  return {
    ...tinyConfig,
    vocabSize: 37,
    intermediateSize: 24,
    maxPositionEmbeddings: 64,
    tieWordEmbeddings: tied,
  };
}

/** The weights of one golden model, by name. */
export function goldenWeights(golden: Golden, name: string): Map<string, Tensor> {
  const keys = golden.keys(`${name}/weights/`);
  return new Map(keys.map((key) => [key.slice(`${name}/weights/`.length), golden.tensor(key)]));
}

/** Its ids, and where they have a target: the label of the next position, where it counts. */
export function goldenTargets(golden: Golden, name: string) {
  const { values, shape } = golden.entry(`${name}/labels`);
  const [B, T] = shape as [number, number];
  const places: [row: number, target: number][] = [];
  for (let b = 0; b < B; b++) {
    for (let t = 0; t + 1 < T; t++) {
      const target = values[b * T + t + 1]!;
      if (target !== IGNORE_INDEX) places.push([b * T + t, target]);
    }
  }
  return {
    ids: fromArray(Int32Array.from(golden.values(`${name}/ids`)), shape),
    targetRows: int32(places.map(([row]) => row)),
    targets: int32(places.map(([, target]) => target)),
  };
}

/** Token ids [B, T] from rows of equal length. */
export function idsOf(rows: readonly (readonly number[])[]): Tensor {
  return fromArray(Int32Array.from(rows.flat()), [rows.length, rows[0]!.length]);
}

export function int32(values: readonly number[]): Tensor {
  return fromArray(Int32Array.from(values), [values.length]);
}

/** Random token ids, the same for the same seed. */
export function randomIds(length: number, vocabSize: number, seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length }, () => random.int(vocabSize));
}

/** All gradients by name, copied; a missing one is an error. */
export function gradientsOf(module: Module): Map<string, Float64Array> {
  return new Map(
    [...module.namedParameters()].map(([name, { grad }]) => {
      if (grad === null) throw new Error(`${name} has no gradient`);
      return [name, Float64Array.from(grad.toArray())];
    }),
  );
}

/** Standard deviation of the elements. */
export function spread(tensor: Tensor): number {
  const values = Array.from(tensor.toArray());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
