import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadTensors, storeTensors } from '../../src/formats/stored-tensors.ts';
import { fromArray } from '../../src/tensor/index.ts';

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

test.run();
