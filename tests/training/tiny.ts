/** A tokenizer and a model small enough for any test, always the same. */
import { CausalLM } from '../../src/models/causal-lm.ts';
import type { ModelConfig } from '../../src/models/config.ts';
import { Random } from '../../src/tensor/index.ts';
import { Tokenizer, trainBpe } from '../../src/tokenizer/index.ts';
import { type StageSettings, stageSettings } from '../../src/training/settings.ts';
import { sampleDocuments } from '../tokenizer/sample.ts';

export const tinyTokenizer = new Tokenizer(trainBpe(sampleDocuments(), { vocabSize: 420 }));

export const tinyConfig: ModelConfig = {
  arch: 'tinyllm',
  vocabSize: tinyTokenizer.vocabSize,
  hiddenSize: 16,
  intermediateSize: 24,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  maxPositionEmbeddings: 32,
  rmsNormEps: 1e-6,
  ropeTheta: 10000,
  tieWordEmbeddings: true,
  attentionDropout: 0,
  initializerRange: 0.02,
};

export function tinyModel(changes: Partial<ModelConfig> = {}, random = new Random(7)): CausalLM {
  return new CausalLM({ ...tinyConfig, ...changes }, random);
}

/** Settings with every value that a test relies on stated here. */
export function tinySettings(changes: Partial<StageSettings> = {}): StageSettings {
  return stageSettings({
    epochs: 1,
    maxSteps: null,
    batchSize: 2,
    gradAccum: 1,
    learningRate: 1e-2,
    schedule: 'cosine',
    warmup: 2,
    finalShare: 0.1,
    weightDecay: 0.1,
    decayEmbeddings: false,
    beta1: 0.9,
    beta2: 0.95,
    eps: 1e-8,
    gradClip: 1,
    shuffle: true,
    packing: 'isolated',
    saveEvery: 100,
    logEvery: 1,
    evaluateEvery: 1000,
    ...changes,
  });
}
