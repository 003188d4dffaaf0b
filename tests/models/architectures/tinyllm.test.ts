/** tinyllm: the sizes of tiny-llm-zh to the last parameter, and its names on disk. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tinyllm } from '../../../src/models/architectures/tinyllm.ts';
import { checkConfig } from '../../../src/models/check-config.ts';
import { headDim } from '../../../src/models/config.ts';
import { preset, presetNames } from '../../../src/models/presets.ts';
import { parameterCount } from '../../../src/models/shapes.ts';

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

test('its own fields on disk: none but the sliding window that it has not', () => {
  assert.equal(tinyllm.onDisk.toFields(preset('pico')), { use_sliding_window: false });
  assert.is(tinyllm.onDisk.rowsOnDisk, undefined);
});

test.run();
