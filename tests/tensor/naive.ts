/**
 * What property tests need: random shapes and layouts, and plain ways to walk a tensor index by index. No kernel of the engine
 * is used here: element() reads the strided view itself.
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

/** Two shapes that broadcast: the same with some axes set to 1 and some leading ones dropped. */
const broadcastable = fc
  .tuple(
    shapes,
    fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 4, maxLength: 4 }),
    fc.nat(4),
    fc.nat(4),
  )
  .map(([full, thin, dropA, dropB]) => {
    const part = (side: 0 | 1, drop: number) =>
      full.map((n, axis) => (thin[axis]![side] ? 1 : n)).slice(Math.min(drop, full.length));
    return [part(0, dropA), part(1, dropB)] as const;
  });

/** Value of an operand at an index of the result. */
type Read = (index: number[]) => number;

/** Runs `check` with pairs of tensors that broadcast to `shape`, and the way to read each at an index of it. */
export function broadcasting(
  check: (a: Tensor, b: Tensor, shape: Shape, read: readonly [left: Read, right: Read]) => void,
): void {
  fc.assert(
    fc.property(broadcastable, layout, layout, seed, ([left, right], la, lb, draw) => {
      const a = made(left, la, draw);
      const b = made(right, lb, draw % 3 === 0 ? draw : draw + 1); // sometimes the same numbers, for the ties
      const rank = Math.max(left.length, right.length);
      const pad = (shape: Shape) => [...new Array<number>(rank - shape.length).fill(1), ...shape];
      const [p, q] = [pad(left), pad(right)];
      const shape = p.map((n, axis) => (n === 1 ? q[axis]! : n));
      const reader =
        (t: Tensor): Read =>
        (index) =>
          element(
            t,
            index.slice(rank - t.rank).map((i, axis) => (t.shape[axis] === 1 ? 0 : i)),
          );
      check(a, b, shape, [reader(a), reader(b)]);
    }),
    runs,
  );
}

/** Compares a reduction with a function of the list of elements that each result stands for. */
type CheckReduction = (y: Tensor, naive: (list: number[]) => number) => void;

/** Runs `check` over shapes, layouts and every subset of axes. */
export function reductions(
  check: (x: Tensor, axes: number[], keepDim: boolean, same: CheckReduction) => void,
): void {
  fc.assert(
    fc.property(
      shapes,
      layout,
      seed,
      fc.integer({ min: 0, max: 15 }),
      fc.boolean(),
      (shape, how, draw, subset, keepDim) => {
        const x = made(shape, how, draw);
        const axes = shape.map((_, axis) => axis).filter((axis) => (subset >> axis) & 1);
        const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
        const groups = new Map<string, number[]>([...indices(kept)].map((index) => [index.join(), []]));
        for (const index of indices(shape)) {
          groups.get(index.map((i, axis) => (axes.includes(axis) ? 0 : i)).join())!.push(element(x, index));
        }
        const lists = [...groups.values()];
        const resultShape = keepDim ? kept : shape.filter((_, axis) => !axes.includes(axis));
        check(x, axes, keepDim, (y, naive) => {
          assert.equal([...y.shape], resultShape);
          allClose(y.toArray(), lists.map(naive), { absolute: 1e-12, relative: 1e-12 });
        });
      },
    ),
    { ...runs, numRuns: 120 },
  );
}

/** Runs `check` with a tensor, one of its axes, the elements of the line along it through an index, and two draws. */
export function alongAxis(
  check: (
    x: Tensor,
    axis: number,
    line: (index: number[]) => number[],
    draws: { flag: boolean; pick: number },
  ) => void,
): void {
  fc.assert(
    fc.property(shapes, layout, seed, fc.nat(3), fc.boolean(), (shape, how, draw, pick, flag) => {
      if (shape.length === 0) return;
      const x = made(shape, how, draw);
      const axis = pick % shape.length;
      const line = (index: number[]) =>
        Array.from({ length: shape[axis]! }, (_, i) => element(x, index.with(axis, i)));
      check(x, axis, line, { flag, pick });
    }),
    { ...runs, numRuns: 120 },
  );
}

export function total(list: readonly number[]): number {
  return list.reduce((a, b) => a + b, 0);
}
