/**
 * A small checkpoint of each architecture, always the same bytes: what tests/golden/make_checkpoint_golden.py shows to
 * Transformers.
 *
 * Weights are drawn with a standard deviation of 0.3 instead of 0.02 and norms and biases are moved off their start values, so
 * that a mistake in any part (a bias left out, heads in another order, another theta) changes the logits visibly.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { encodeModel } from '../../src/formats/hf/model-files.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { Random, randn } from '../../src/tensor/index.ts';
import { Tokenizer, trainBpe } from '../../src/tokenizer/index.ts';
import { sampleDocuments } from '../tokenizer/sample.ts';

export const CHECKPOINT = new URL('../golden/checkpoint/', import.meta.url);

/** What the others have in another way than tinyllm, and where they are kept. */
const others = {
  llama2: { rmsNormEps: 1e-5, hiddenDropout: 0.1 },
  moe: {
    numExperts: 6,
    numExpertsPerTok: 2,
    moeIntermediateSize: 12,
    sharedExpertIntermediateSize: 16,
    routerAuxLossCoef: 0.01,
    balancing: 'loss',
  },
} as const;

export type Other = keyof typeof others;
export const OTHERS = Object.keys(others) as Other[];

export function checkpointOf(arch: Other): URL {
  return new URL(`../golden/checkpoint-${arch}/`, import.meta.url);
}

export function fixtureModel(arch: 'tinyllm' | Other = 'tinyllm'): { model: CausalLM; tokenizer: Tokenizer } {
  const tokenizer = new Tokenizer(trainBpe(sampleDocuments(), { vocabSize: 460, characterCoverage: 0.998 }));
  const random = new Random(11);
  const config = {
    arch,
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 24,
    intermediateSize: 40,
    numHiddenLayers: 2,
    numAttentionHeads: 4,
    numKeyValueHeads: 2,
    maxPositionEmbeddings: 64,
    rmsNormEps: 1e-6,
    ropeTheta: 10000,
    tieWordEmbeddings: true,
    attentionDropout: 0,
    initializerRange: 0.3,
    ...(arch === 'tinyllm' ? {} : others[arch]),
  };
  const model = new CausalLM(config, random);
  for (const parameter of model.parameters()) {
    if (parameter.rank === 1)
      parameter.assign(parameter.detach().add(randn(parameter.shape, random, { std: 0.3 })));
  }
  return { model: model.eval(), tokenizer };
}

if (process.argv[1]?.endsWith('checkpoint-fixture.ts')) {
  for (const arch of ['tinyllm', ...OTHERS] as const) {
    const { model, tokenizer } = fixtureModel(arch);
    const directory = arch === 'tinyllm' ? CHECKPOINT : checkpointOf(arch);
    mkdirSync(directory, { recursive: true });
    for (const [name, content] of await encodeModel(model, tokenizer))
      writeFileSync(new URL(name, directory), content);
  }
}
