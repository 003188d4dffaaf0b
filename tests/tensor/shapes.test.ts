/** Shapes and views: broadcasting, reshape, axes, contiguity, and which ops share memory. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { arange, formatShape, type Shape, ShapeError, stack, tensor } from '../../src/tensor/index.ts';
import {
  broadcastShapes,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
  resolveReshape,
  rowMajorStrides,
  sizeOf,
} from '../../src/tensor/shape.ts';
import { broadcastView, coversData, isContiguous, rowMajorView, viewOf } from '../../src/tensor/view.ts';
import { throwsWith } from './fixtures.ts';

test('broadcastShapes aligns at the right', () => {
  const rows: [Shape[], Shape][] = [
    [
      [[2, 3], [3]],
      [2, 3],
    ],
    [
      [[3], [2, 3]],
      [2, 3],
    ],
    [
      [
        [2, 1],
        [1, 3],
      ],
      [2, 3],
    ],
    [
      [[], [2, 3]],
      [2, 3],
    ],
    [[[], []], []],
    [[], []],
    [[[1], [0]], [0]],
    [
      [
        [0, 3],
        [1, 3],
      ],
      [0, 3],
    ],
    [
      [[4, 1, 1], [2, 1], [3]],
      [4, 2, 3],
    ],
    [
      [[1, 1, 1], [1]],
      [1, 1, 1],
    ],
  ];
  for (const [shapes, expected] of rows) assert.equal(broadcastShapes('op', ...shapes), expected);
});

test('broadcastShapes names the op, all shapes and the axis', () => {
  throwsWith(
    () => broadcastShapes('mix', [2, 3], [4, 3]),
    'mix',
    '[2, 3] and [4, 3]',
    'axis -2',
    'length 2',
    '4',
  );
  throwsWith(() => broadcastShapes('mix', [5], [1], [2, 3]), '[5] and [1] and [2, 3]', 'axis -1');
  throwsWith(() => broadcastShapes('mix', [0], [2]), '[0] and [2]');
  assert.throws(
    () => broadcastShapes('mix', [2], [3]),
    (error: unknown) => error instanceof ShapeError && error.name === 'ShapeError',
  );
});

test('reshape works out one -1 and checks the number of elements', () => {
  assert.equal(resolveReshape([2, 3, 4], [-1, 6]), [4, 6]);
  assert.equal(resolveReshape([2, 3], [-1]), [6]);
  assert.equal(resolveReshape([], [1, 1]), [1, 1]);
  assert.equal(resolveReshape([], [-1]), [1]);
  assert.equal(resolveReshape([0, 3], [-1, 3]), [0, 3]);
  assert.equal(resolveReshape([0, 3], [5, 0]), [5, 0]);
  const wrong: [Shape, Shape][] = [
    [[2, 3], [4]],
    [
      [2, 3],
      [-1, 4],
    ],
    [
      [2, 3],
      [-1, -1],
    ],
    [
      [2, 3],
      [-2, -3],
    ],
    [
      [2, 3],
      [1.5, 4],
    ],
    [
      [0, 3],
      [-1, 0],
    ], // any length would do: not for us to choose
    [[6], []],
  ];
  for (const [from, to] of wrong) {
    throwsWith(
      () => resolveReshape(from, to),
      'reshape',
      formatShape(from),
      formatShape(to),
      `${sizeOf(from)} elements`,
    );
  }
});

test('axes count from either end, once each', () => {
  assert.equal(
    [0, 1, -1, -2].map((axis) => normalizeAxis('op', axis, [4, 5])),
    [0, 1, 1, 0],
  );
  for (const axis of [2, -3, 0.5, Number.NaN]) {
    throwsWith(() => normalizeAxis('op', axis, [4, 5]), `op: axis ${axis}`, '[4, 5]');
  }
  assert.equal(normalizeAxes('op', undefined, [4, 5, 6]), [0, 1, 2]);
  assert.equal(normalizeAxes('op', [-1, 0], [4, 5, 6]), [0, 2]);
  assert.equal(normalizeAxes('op', [], [4]), []);
  throwsWith(() => normalizeAxes('op', [1, -2], [4, 5, 6]), 'op', '[1, -2]', '[4, 5, 6]', 'twice');
  assert.equal(reducedShape([4, 5, 6], [0, 2], true), [1, 5, 1]);
  assert.equal(reducedShape([4, 5, 6], [0, 2], false), [5]);
});

test('row-major strides', () => {
  assert.equal(rowMajorStrides([2, 3, 4]), [12, 4, 1]);
  assert.equal(rowMajorStrides([]), []);
  assert.is(sizeOf([]), 1);
  assert.is(sizeOf([2, 0, 3]), 0);
});

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

test('views share memory, copies do not', () => {
  const x = arange(12).reshape([3, 4]);
  for (const view of [
    x.reshape([12]),
    x.transpose(),
    x.slice(0, 1),
    x.unsqueeze(0),
    x.unsqueeze(0).squeeze(0),
    x.slice(0, 0, 1).expand([5, 4]),
    x.detach(),
    x.contiguous(),
    x.slice(0, 1).reshape([2, 2, 2]),
  ]) {
    assert.is(view.data, x.data);
  }
  for (const copy of [x.clone(), x.transpose().contiguous(), x.transpose().reshape([12]), x.add(0)]) {
    assert.is.not(copy.data, x.data);
  }
});

test('a write through assign is seen in every view, and nowhere else', () => {
  const x = arange(6).reshape([2, 3]);
  const copy = x.clone();
  const column = x.slice(1, 1, 2);
  column.assign(tensor([[10], [20]]));
  assert.equal([...x.toArray()], [0, 10, 2, 3, 20, 5]);
  x.transpose().assign(
    tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  );
  assert.equal([...x.toArray()], [1, 3, 5, 2, 4, 6]);
  assert.equal([...copy.toArray()], [0, 1, 2, 3, 4, 5]);
});

test('assign from overlapping memory reads everything before it writes', () => {
  const square = arange(9).reshape([3, 3]);
  square.assign(square.transpose());
  assert.equal([...square.toArray()], [0, 3, 6, 1, 4, 7, 2, 5, 8]);
  const row = arange(5);
  row.slice(0, 1).assign(row.slice(0, 0, 4));
  assert.equal([...row.toArray()], [0, 0, 1, 2, 3]);
});

test('squeeze, unsqueeze and stack place the new axis where it was asked for', () => {
  const x = arange(6).reshape([2, 3]);
  assert.equal(
    [0, 1, 2, -1, -3].map((axis) => x.unsqueeze(axis).shape),
    [
      [1, 2, 3],
      [2, 1, 3],
      [2, 3, 1],
      [2, 3, 1],
      [1, 2, 3],
    ],
  );
  assert.equal(
    [0, 1, -1].map((axis) => stack([x, x, x, x], axis).shape),
    [
      [4, 2, 3],
      [2, 4, 3],
      [2, 3, 4],
    ],
  );
  assert.equal([...stack([tensor([1, 2]), tensor([3, 4])], 1).toArray()], [1, 3, 2, 4]);
});

test.run();
