/**
 * Walking strided views together: every element once, in row-major order, whatever the layout; neighbouring axes become one
 * row.
 */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { viewOf } from '../../src/tensor/view.ts';
import { forEachElement, forEachRow } from '../../src/tensor/walk.ts';
import { element, indices, layout, made, runs, seed, shapes } from './naive.ts';

test('forEachElement meets the elements of two views in row-major order', () => {
  fc.assert(
    fc.property(shapes, layout, layout, seed, (shape, first, second, draw) => {
      const [a, b] = [made(shape, first, draw), made(shape, second, draw + 1)];
      const [left, right] = [a.data, b.data] as [Float64Array, Float64Array];
      const met: [number, number][] = [];
      forEachElement(shape, [a.view, b.view], ([p, q]) => met.push([left[p!]!, right[q!]!]));
      assert.equal(
        met,
        [...indices(shape)].map((index) => [element(a, index), element(b, index)]),
      );
    }),
    runs,
  );
});

/** Lengths of the rows that the views of these strides are cut into. */
function rowsOf(shape: number[], ...strides: number[][]): number[] {
  const lengths: number[] = [];
  const data = new Float64Array(100);
  const views = strides.map((stride) => viewOf(data, shape, stride));
  forEachRow(shape, views, (length) => lengths.push(length));
  return lengths;
}

test('axes that every view walks without a jump are one row', () => {
  assert.equal(rowsOf([2, 3, 4], [12, 4, 1]), [24]);
  assert.equal(rowsOf([2, 3, 4], [12, 4, 1], [12, 4, 1]), [24]);
  assert.equal(rowsOf([2, 3, 4], [12, 4, 1], [0, 4, 1]), [12, 12]);
  assert.equal(rowsOf([2, 3], [3, 1], [1, 2]), [3, 3]);
  assert.equal(rowsOf([2, 1, 3], [3, 99, 1]), [6], 'an axis of length 1 does not matter');
});

test('one number is one row of one element, an empty shape has no row', () => {
  assert.equal(rowsOf([], []), [1]);
  assert.equal(rowsOf([1, 1], [5, 7]), [1]);
  assert.equal(rowsOf([3, 0], [0, 1]), []);
});

test.run();
