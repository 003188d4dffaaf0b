/** Configs and presets: what is refused, and how many parameters each size has. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { checkConfig } from '../../src/models/check-config.ts';
import { headDim, type ModelConfig } from '../../src/models/config.ts';
import { preset, presetNames } from '../../src/models/presets.ts';
import { parameterCount, shapesOf } from '../../src/models/shapes.ts';
import { Random } from '../../src/tensor/index.ts';
import { tinyConfig } from './tiny.ts';

const counts: Record<string, number> = {
  pico: 133_824,
  nano: 1_055_360,
  micro: 5_799_680,
  '16m': 16_730_280,
  '42m': 43_304_544,
  '92m': 92_064_256,
  '210m': 212_838_144,
  '440m': 441_111_552,
  '1.5b': 1_479_911_424,
};

test('every preset has exactly the published number of parameters', () => {
  assert.equal(presetNames().sort(), Object.keys(counts).sort());
  for (const name of presetNames()) {
    const config = preset(name);
    assert.is(parameterCount(config), counts[name], name);
    checkConfig(config, name);
    assert.equal([config.rmsNormEps, config.ropeTheta, config.initializerRange], [1e-6, 10000, 0.02]);
    assert.is(config.numKeyValueHeads, config.numAttentionHeads);
  }
  assert.is(preset('pico').tieWordEmbeddings, true);
  assert.is(preset('16m').tieWordEmbeddings, false);
});

test('context and head width of the reference sizes', () => {
  const facts = ['16m', '42m', '92m', '210m', '440m', '1.5b'].map((name) => {
    const config = preset(name);
    return [headDim(config), config.maxPositionEmbeddings, config.vocabSize];
  });
  assert.equal(facts, [
    [20, 512, 64798],
    [48, 512, 64798],
    [64, 1024, 64798],
    [64, 1024, 64798],
    [64, 1024, 64798],
    [128, 1024, 64798],
  ]);
});

test('a model that was really built has the names, shapes and count that were computed', () => {
  for (const config of [
    preset('pico'),
    tinyConfig,
    { ...tinyConfig, tieWordEmbeddings: false, numKeyValueHeads: 1, numHiddenLayers: 3 },
  ]) {
    const model = new CausalLM(config, new Random(1));
    const built = [...model.namedParameters()].map(([name, { shape }]) => [name, [...shape]]);
    assert.equal(built, [...shapesOf(() => new CausalLM(config, new Random(1)))]);
    assert.is(model.parameterCount(), parameterCount(config));
  }
});

test('an unknown preset is refused with the list of names', () => {
  assert.throws(
    () => preset('huge'),
    (error: Error) =>
      error instanceof UserError &&
      error.message.includes('"huge"') &&
      presetNames().every((n) => error.message.includes(n)),
  );
  assert.throws(() => preset('toString'), /There is no preset "toString"/);
  assert.throws(() => preset('constructor'), /There is no preset/);
});

test('a config that describes no model is refused by the field', () => {
  const refuse = (changes: Partial<ModelConfig>, message: RegExp) => {
    assert.throws(
      () => checkConfig({ ...tinyConfig, ...changes }, 'config.json'),
      (error: Error) =>
        error instanceof UserError &&
        error.message.startsWith('config.json: ') &&
        message.test(error.message),
      JSON.stringify(changes),
    );
  };
  refuse({ vocabSize: 0 }, /vocabSize must be a whole number of at least 1, got 0/);
  refuse({ numHiddenLayers: 1.5 }, /numHiddenLayers .* got 1\.5/);
  refuse({ hiddenSize: Number.NaN }, /hiddenSize .* got NaN/);
  refuse({ maxPositionEmbeddings: -4 }, /maxPositionEmbeddings .* got -4/);
  refuse({ intermediateSize: undefined as unknown as number }, /intermediateSize .* got undefined/);
  refuse({ hiddenSize: 18 }, /hiddenSize 18 must be an even multiple of numAttentionHeads 4/);
  refuse({ hiddenSize: 12 }, /hiddenSize 12 must be an even multiple/); // heads 3 wide: no pairs for RoPE
  refuse({ numKeyValueHeads: 3 }, /numAttentionHeads 4 must be a multiple of numKeyValueHeads 3/);
  refuse({ rmsNormEps: 0 }, /rmsNormEps must be positive, got 0/);
  refuse({ ropeTheta: Number.NaN }, /ropeTheta must be positive, got NaN/);
  refuse({ initializerRange: -1 }, /initializerRange must be positive/);
  refuse({ attentionDropout: 1 }, /attentionDropout must be in \[0, 1\), got 1/);
  assert.is(checkConfig(tinyConfig, 'config.json'), tinyConfig);
  assert.throws(
    () => new CausalLM({ ...tinyConfig, vocabSize: 0 }, new Random(1)),
    /model config: vocabSize/,
  );
});

test.run();
