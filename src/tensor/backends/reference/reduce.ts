/**
 * Reductions along any axes, and what looks along one axis: argmax, cumulative sums, the k largest.
 *
 * The axes in question are moved to the end and the elements read in that order: each result then belongs to one row of
 * consecutive elements. Sums accumulate in double precision whatever the element type.
 *
 * NaN, as in NumPy and PyTorch: the largest and the smallest of numbers with a NaN among them is NaN, argmax is the place of the
 * first NaN, and in an order NaN comes after every other number.
 */
import type { ReduceKind } from '../../backend.ts';
import { dtypeOf, type HostArray, hostArray } from '../../dtype.ts';
import { sizeOf } from '../../shape.ts';
import { type View, viewOf } from '../../view.ts';
import { rowMajor } from './memory.ts';

const combine: Record<ReduceKind, (total: number, x: number) => number> = {
  sum: (total, x) => total + x,
  max: (total, x) => Math.max(total, x),
  min: (total, x) => Math.min(total, x),
};
const empty: Record<ReduceKind, number> = { sum: 0, max: -Infinity, min: Infinity };

export function reduce(kind: ReduceKind, x: View, axes: readonly number[]): HostArray {
  const data = rowMajor(axesLast(x, axes));
  const length = sizeOf(axes.map((axis) => x.shape[axis]!));
  const add = combine[kind];
  const result = hostArray(dtypeOf(x.data), sizeOf(x.shape.filter((_, axis) => !axes.includes(axis))));
  for (let row = 0; row < result.length; row++) {
    let total = empty[kind];
    for (let i = row * length; i < (row + 1) * length; i++) total = add(total, data[i]!);
    result[row] = total;
  }
  return result;
}

export function argmax(x: View, axis: number): Int32Array {
  const data = rowMajor(axesLast(x, [axis]));
  const length = x.shape[axis]!;
  const result = new Int32Array(x.size / length);
  for (let row = 0; row < result.length; row++) {
    const start = row * length;
    let best = 0;
    for (let i = 1; i < length; i++) if (compare(data[start + i]!, data[start + best]!) > 0) best = i;
    result[row] = best;
  }
  return result;
}

/** y[.., i, ..] = x[.., 0, ..] + ... + x[.., i, ..], or from the other end. */
export function cumsum(x: View, axis: number, reverse: boolean): HostArray {
  const data = rowMajor(x);
  const result = hostArray(dtypeOf(x.data), x.size);
  const length = x.shape[axis]!;
  const step = sizeOf(x.shape.slice(axis + 1)); // from one element along the axis to the next
  for (let i = 0; i < x.size; i++) {
    if (Math.floor(i / step) % length !== 0) continue; // i begins a column along the axis
    let total = 0;
    for (let k = 0; k < length; k++) {
      const at = i + step * (reverse ? length - 1 - k : k);
      total += data[at]!;
      result[at] = total;
    }
  }
  return result;
}

/** Positive where a comes after b in ascending order; NaN comes last. */
function compare(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** Along the last axis, largest (or smallest) first; of equal elements the first comes first. */
export function topK(x: View, k: number, largest: boolean): { values: HostArray; indices: Int32Array } {
  const data = rowMajor(x);
  const length = x.shape.at(-1)!;
  const rows = length === 0 ? 0 : x.size / length;
  const values = hostArray(dtypeOf(x.data), rows * k);
  const indices = new Int32Array(rows * k);
  for (let row = 0; row < rows; row++) {
    const start = row * length;
    const order = Array.from({ length }, (_, i) => i).sort((a, b) => {
      const order = compare(data[start + a]!, data[start + b]!);
      return (largest ? -order : order) || a - b;
    });
    for (let i = 0; i < k; i++) {
      indices[row * k + i] = order[i]!;
      values[row * k + i] = data[start + order[i]!]!;
    }
  }
  return { values, indices };
}

/** The view with `axes` moved to the end, both groups in their order. */
function axesLast(x: View, axes: readonly number[]): View {
  const order = [...x.shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes);
  return viewOf(
    x.data,
    order.map((axis) => x.shape[axis]!),
    order.map((axis) => x.stride[axis]!),
    x.offset,
  );
}
