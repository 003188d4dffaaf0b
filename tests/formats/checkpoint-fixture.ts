/**
 * A small checkpoint, always the same bytes: what tests/golden/make_checkpoint_golden.py shows to Transformers.
 *
 * Weights are drawn with a standard deviation of 0.3 instead of 0.02, and norms and biases are moved off their start values, so
 * that a mistake in any part (a bias left out, heads in another order, another theta) changes the logits visibly.
 */
import { writeFileSync } from 'node:fs';
import { encodeModel } from '../../src/formats/hf/model-files.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { Random, randn } from '../../src/tensor/index.ts';
import { Tokenizer, trainBpe } from '../../src/tokenizer/index.ts';
import { sampleDocuments } from '../tokenizer/sample.ts';

export const CHECKPOINT = new URL('../golden/checkpoint/', import.meta.url);

export function fixtureModel(): { model: CausalLM; tokenizer: Tokenizer } {
  const tokenizer = new Tokenizer(trainBpe(sampleDocuments(), { vocabSize: 460, characterCoverage: 0.998 }));
  const random = new Random(11);
  const config = {
    arch: 'tinyllm',
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
  } as const;
  const model = new CausalLM(config, random);
  for (const parameter of model.parameters()) {
    if (parameter.rank === 1)
      parameter.assign(parameter.detach().add(randn(parameter.shape, random, { std: 0.3 })));
  }
  return { model: model.eval(), tokenizer };
}

if (process.argv[1]?.endsWith('checkpoint-fixture.ts')) {
  const { model, tokenizer } = fixtureModel();
  for (const [name, content] of await encodeModel(model, tokenizer))
    writeFileSync(new URL(name, CHECKPOINT), content);
}
