/** Shapes and counts without memory: those of the model that is really built. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { preset } from '../../src/models/presets.ts';
import { RewardModel } from '../../src/models/reward-model.ts';
import { parameterCount, shapesOf } from '../../src/models/shapes.ts';
import { Random } from '../../src/tensor/index.ts';
import { tinyConfig } from './tiny.ts';

test('a model that was really built has the names, shapes and count that were computed', () => {
  for (const config of [
    preset('pico'),
    preset('pico', 'llama2'),
    tinyConfig,
    { ...tinyConfig, tieWordEmbeddings: false, numKeyValueHeads: 1, numHiddenLayers: 3 },
  ]) {
    const model = new CausalLM(config, new Random(1));
    const built = [...model.namedParameters()].map(([name, { shape }]) => [name, [...shape]]);
    assert.equal(built, [...shapesOf(() => new CausalLM(config, new Random(1)))]);
    assert.is(model.parameterCount(), parameterCount(config));
  }
});

test('a reward model likewise: a head of one number in place of the output layer', () => {
  const make = () => new RewardModel({ ...tinyConfig, tieWordEmbeddings: false }, new Random(1));
  const shapes = shapesOf(make);
  assert.equal(
    [...shapes],
    [...make().namedParameters()].map(([name, { shape }]) => [name, shape]),
  );
  assert.equal(shapes.get('score.weight'), [1, 16]);
  assert.not.ok(shapes.has('lm_head.weight'));
});

test('the largest preset takes no memory, no draws and hardly any time', () => {
  const random = new Random(1);
  const before = process.memoryUsage().arrayBuffers;
  const began = performance.now();
  shapesOf(() => new CausalLM(preset('1.5b'), random));
  const seconds = (performance.now() - began) / 1000;
  assert.ok(process.memoryUsage().arrayBuffers - before < 1e6);
  assert.ok(seconds < 2, `${seconds} s`); // milliseconds; drawing 1.5e9 numbers takes minutes
  assert.equal(random.state(), new Random(1).state());
});

test.run();
