/** Shapes: broadcasting, what reshape works out, axes, strides. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatShape, type Shape, ShapeError } from '../../src/tensor/index.ts';
import {
  broadcastShapes,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
  resolveReshape,
  rowMajorStrides,
  sizeOf,
} from '../../src/tensor/shape.ts';
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

test.run();
