/**
 * What property tests need: random shapes and layouts, and plain ways to walk a tensor index by index. No kernel of the engine is used
 * here: element() reads the strided view itself.
 */
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Shape, Tensor } from '../../src/tensor/index.ts';
import { rowMajorStrides, sizeOf } from '../../src/tensor/shape.ts';
import { allClose } from '../close.ts';
import { distinct, layouts } from './fixtures.ts';

export const runs = { numRuns: 60, seed: 2024 };
const length = fc.integer({ min: 0, max: 4 });
export const shapes = fc.array(length, { maxLength: 4 });
export const layout = fc.constantFrom(...layouts);
export const seed = fc.integer({ min: 1, max: 1000 });

/** A tensor of that shape in one of the memory layouts, and its elements by index. */
export function made(shape: Shape, { memory, view }: (typeof layouts)[number], draw: number): Tensor {
  return view(distinct(memory(shape), draw), shape);
}

/** All indices of a shape, in row-major order. */
export function* indices(shape: Shape): Generator<number[]> {
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    yield rowMajorStrides(shape).map((step, axis) => Math.floor(flat / step) % shape[axis]!);
  }
}

/** Element at an index, straight from the strided view. */
export function element(t: Tensor, index: readonly number[]): number {
  const { data, offset, stride } = t.view;
  return (data as Float64Array)[index.reduce((sum, i, axis) => sum + i * stride[axis]!, offset)]!;
}

/** Compare with a function of the index. */
export function matches(y: Tensor, shape: Shape, expected: (index: number[]) => number, tolerance = 0): void {
  assert.equal([...y.shape], [...shape]);
  allClose(y.toArray(), [...indices(shape)].map(expected), { absolute: tolerance, relative: tolerance });
}
