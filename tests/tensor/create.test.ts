/** Factories: shapes from nesting, element types, whose memory they use, errors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { arange, fromArray, full, ones, type Tensor, tensor, zeros } from '../../src/tensor/index.ts';
import { throwsWith } from './fixtures.ts';
import { errorTests } from './ops/families.ts';

const values = (t: Tensor) => [...t.toArray()];

test('nested arrays give their shape', () => {
  assert.equal(tensor(5).shape, []);
  assert.equal(tensor([]).shape, [0]);
  assert.equal(tensor([[], []]).shape, [2, 0]);
  const deep = tensor([
    [[1], [2]],
    [[3], [4]],
    [[5], [6]],
  ]);
  assert.equal(
    [deep.shape, values(deep)],
    [
      [3, 2, 1],
      [1, 2, 3, 4, 5, 6],
    ],
  );
  assert.equal([deep.rank, deep.size, deep.dtype], [3, 6, 'float32']);
});

test('constants and ranges', () => {
  assert.equal(values(zeros([2, 2])), [0, 0, 0, 0]);
  assert.equal(values(ones([3])), [1, 1, 1]);
  assert.equal(values(full([2], -1.5)), [-1.5, -1.5]);
  assert.equal(values(arange(4)), [0, 1, 2, 3]);
  assert.equal(values(arange(3, { start: -1, dtype: 'int32' })), [-1, 0, 1]);
  assert.equal(arange(0).shape, [0]);
  assert.equal(zeros([2, 0]).size, 0);
  assert.is(full([], 7).item(), 7);
});

test('the type is the one asked for, else that of the array, else the default', () => {
  assert.is(zeros([1]).dtype, 'float32');
  assert.is(zeros([1], { dtype: 'float64' }).dtype, 'float64');
  assert.is(fromArray(new Float64Array(1), [1]).dtype, 'float64');
  assert.is(fromArray(new Int32Array(1), [1]).dtype, 'int32');
  assert.is(fromArray(new Int32Array(1), [1], { dtype: 'float32' }).dtype, 'float32');
});

test('fromArray adopts the array, unless the type changes', () => {
  const array = Float32Array.of(1, 2);
  assert.is(fromArray(array, [2]).data, array);
  assert.is.not(fromArray(array, [2], { dtype: 'float64' }).data, array);
});

errorTests([
  ['fromArray', () => fromArray(new Float32Array(5), [2, 3]), 'fromArray', '5', '[2, 3]'],
  ['a negative length', () => zeros([2, -1]), '[2, -1]'],
  ['a fractional length', () => full([1.5], 0), '[1.5]'],
  ['ragged arrays', () => tensor([[1, 2], [3]]), 'tensor', 'unequal', '[2, 2]'],
  ['numbers beside arrays', () => tensor([[1], 2]), 'tensor', '[2, 1]'],
  ['arrays beside numbers', () => tensor([1, [2]]), 'tensor', '[2]'],
]);

test('a range needs a whole number of elements', () => {
  throwsWith(() => arange(-1), 'arange', '-1');
  throwsWith(() => arange(2.5), 'arange', '2.5');
});

test.run();
