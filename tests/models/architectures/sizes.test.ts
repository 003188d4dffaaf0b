/** Sizes as rows of a table. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureNames } from '../../../src/models/architectures/index.ts';
import { laptop, presetsOf } from '../../../src/models/architectures/sizes.ts';
import { preset } from '../../../src/models/presets.ts';

const rest = {
  rmsNormEps: 1e-6,
  ropeTheta: 500,
  tieWordEmbeddings: true,
  attentionDropout: 0,
  initializerRange: 0.02,
};

test('a row becomes a config: every number in its place, as many key-value heads as heads', () => {
  const { big } = presetsOf({ big: [24, 3, 6, 50, 40, 99] }, (name) => ({ ...rest, arch: name }));
  assert.equal(big, {
    ...rest,
    arch: 'big',
    hiddenSize: 24,
    numHiddenLayers: 3,
    numAttentionHeads: 6,
    numKeyValueHeads: 6,
    intermediateSize: 50,
    maxPositionEmbeddings: 40,
    vocabSize: 99,
  });
});

test('the sizes for a laptop are those of every architecture', () => {
  for (const arch of architectureNames()) {
    for (const [name, [dim, layers, heads, feedForward, context, vocabulary]] of Object.entries(laptop)) {
      const config = preset(name, arch);
      assert.equal(
        [config.hiddenSize, config.numHiddenLayers, config.numAttentionHeads, config.intermediateSize],
        [dim, layers, heads, feedForward],
      );
      assert.equal([config.maxPositionEmbeddings, config.vocabSize], [context, vocabulary]);
    }
  }
});

test.run();
