import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkNumbers, loadTensors, storeTensors } from '../../src/formats/stored-tensors.ts';
import { fromArray, Random } from '../../src/tensor/index.ts';
import { refuses } from '../data/temporary.ts';

test('tensors come back with their names, shapes and elements, a transposed view in its own order', async () => {
  const whole = fromArray(Float32Array.of(1, -0, Infinity, 4, 5, 6), [2, 3]);
  const tensors = new Map([
    ['whole', whole],
    ['turned', whole.transpose(0, 1)],
    ['scalar', fromArray(Float32Array.of(7), [])],
  ]);
  const stored = await storeTensors(tensors);
  assert.equal(stored.get('turned'), { shape: [3, 2], values: Float32Array.of(1, 4, -0, 5, Infinity, 6) });
  const loaded = loadTensors(stored);
  assert.equal([...loaded.keys()], [...tensors.keys()]);
  for (const [name, tensor] of tensors) {
    assert.equal(loaded.get(name)!.shape, tensor.shape);
    assert.equal(loaded.get(name)!.toArray(), tensor.toArray());
  }
});

test('NaN, infinities and what float32 cannot hold are refused by file, tensor and place', () => {
  const random = new Random(5);
  for (const bad of [Number.NaN, Infinity, -Infinity]) {
    for (let trial = 0; trial < 20; trial++) {
      const shape = [1 + random.int(4), 1 + random.int(4), 1 + random.int(4)];
      const place = shape.map((length) => random.int(length));
      const values = new Float32Array(shape.reduce((a, b) => a * b)).fill(3.4e38);
      const stored = new Map([
        ['sound', { shape: [2], values: Float32Array.of(1, -1e-45) }],
        ['ids', { shape: [1], values: Int32Array.of(2 ** 31 - 1) }],
        ['broken', { shape, values }],
      ]);
      checkNumbers(stored, 'm/model.safetensors');
      values[(place[0]! * shape[1]! + place[1]!) * shape[2]! + place[2]!] = bad;
      refuses(
        () => checkNumbers(stored, 'm/model.safetensors'),
        `m/model.safetensors: "broken" has ${bad} at [${place.join(', ')}]`,
      );
    }
  }
  checkNumbers(new Map([['x', { shape: [1], values: Float64Array.of(3e38) }]]), 'm');
  refuses(() => checkNumbers(new Map([['x', { shape: [1], values: Float64Array.of(1e39) }]]), 'm'), 'm: "x"');
});

test.run();
