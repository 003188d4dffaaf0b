/** A model that has learned nothing yet. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { preset } from '../../src/models/presets.ts';
import { Random } from '../../src/tensor/index.ts';
import { idsOf, int32, randomIds, randomize, tinyConfig } from './tiny.ts';

test('the first loss is close to ln V, that of a badly scaled start is not', () => {
  const ids = randomIds(65, 512, 12);
  const loss = (m: CausalLM) => {
    const batch = {
      ids: idsOf([ids.slice(0, 64)]),
      targetRows: int32([...Array(64).keys()]),
      targets: int32(ids.slice(1)),
    };
    return maskedCrossEntropy(m, batch).item();
  };
  const fresh = loss(new CausalLM(preset('pico'), new Random(1)));
  assert.ok(Math.abs(fresh - Math.log(512)) < 0.05, `first loss ${fresh}`);
  const wild = loss(randomize(new CausalLM(preset('pico'), new Random(1)), 3));
  assert.ok(wild > Math.log(512) + 0.5, `badly scaled ${wild}`);
});

test('the same seed makes the same model, another seed another', () => {
  const weights = (seed: number) =>
    new CausalLM(tinyConfig, new Random(seed)).model.embedTokens.weight.toArray();
  assert.equal(weights(1), weights(1));
  assert.not.equal(weights(1), weights(2));
});

test.run();
