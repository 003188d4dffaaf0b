/** Strided views: contiguity, broadcasting with stride 0. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  broadcastView,
  coversData,
  isContiguous,
  rowMajorView,
  turned,
  viewOf,
} from '../../src/tensor/view.ts';

test('isContiguous looks at order, not at offset; axes of length 1 and empty tensors do not matter', () => {
  const data = new Float32Array(24);
  assert.ok(isContiguous(viewOf(data, [2, 3, 4])));
  assert.ok(isContiguous(viewOf(data, [3, 4], [4, 1], 12)));
  assert.ok(isContiguous(viewOf(data, [1, 4], [999, 1])));
  assert.ok(isContiguous(viewOf(data, [4, 1], [1, 999])));
  assert.ok(isContiguous(viewOf(data, [2, 0], [7, 3])));
  assert.ok(isContiguous(viewOf(data, [])));
  assert.not(isContiguous(viewOf(data, [3, 2], [1, 3])));
  assert.not(isContiguous(viewOf(data, [2, 3], [4, 1])));
  assert.not(isContiguous(viewOf(data, [2, 3], [0, 1])));
  assert.ok(coversData(viewOf(data, [2, 3, 4])));
  assert.not(coversData(viewOf(data, [2, 3])));
  assert.not(coversData(viewOf(data, [23], [1], 1)));
});

test('broadcastView stretches with stride 0', () => {
  const data = new Float32Array(12);
  const stretched = broadcastView(viewOf(data, [3, 1], [4, 1], 2), [2, 3, 5]);
  assert.equal([[...stretched.shape], [...stretched.stride], stretched.offset], [[2, 3, 5], [0, 4, 0], 2]);
  assert.is(stretched.data, data);
  const flat = rowMajorView(viewOf(data, [2, 3], [3, 1], 6), [3, 2]);
  assert.equal([[...flat.shape], [...flat.stride], flat.offset], [[3, 2], [2, 1], 6]);
});

test('views of every rank and type name the same element', () => {
  for (const make of [Float32Array, Int32Array, Float64Array]) {
    const data = new make(200);
    for (let i = 0; i < data.length; i++) data[i] = i;
    for (let rank = 0; rank <= 6; rank++) {
      for (let turn = 0; turn < 2; turn++) {
        const shape = [2, 3, 1, 2, 2, 3].slice(0, rank);
        const stride = [50, 11, 7, 5, 3, 1].slice(0, rank);
        const view = viewOf(data, shape, stride, 9);
        assert.equal([[...view.shape], [...view.stride], view.offset], [shape, stride, 9]);
        assert.is(view.data, data);
        const last = shape.map((n) => n - 1);
        assert.is(view.get(...last), 9 + last.reduce((sum, i, axis) => sum + i * stride[axis]!, 0));
        const plain = viewOf(data, shape);
        assert.is(plain.offset, 0);
        assert.ok(isContiguous(plain));
      }
    }
  }
  const flipped = turned(viewOf(new Float32Array(9), [2, 3], [4, 1], 1));
  assert.equal([[...flipped.shape], [...flipped.stride], flipped.offset], [[3, 2], [1, 4], 1]);
});

test.run();
