/**
 * Reductions and scans.
 *
 * A reduction moves the reduced axes to the end, so that every result is one run over consecutive elements. Sums accumulate in
 * double precision whatever the element type: float32 results differ from other libraries by their rounding, not by ours.
 */
import type { ReduceKind } from '../../backend.ts';
import { type DType, type HostArray, hostArray } from '../../dtype.ts';
import { rowMajorStrides, sizeOf } from '../../shape.ts';
import { type View, viewOf } from '../../view.ts';
import { forEachRow, host, rowMajor, type Walk } from './loops.ts';

export function reduce(kind: ReduceKind, x: View, axes: readonly number[], dtype: DType): HostArray {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const result = hostArray(dtype, sizeOf(kept.map((axis) => x.shape[axis]!)));
  // Rows to sum over are contiguous: one pass. Otherwise walk in memory order and add into the result where it belongs.
  const isTail = axes.every((axis, i) => axis === kept.length + i);
  if (isTail) reduceTail(kind, x, result);
  else reduceScattered(kind, x, axes, result);
  return result;
}

function reduceTail(kind: ReduceKind, x: View, result: HostArray): void {
  const { data, offset } = rowMajor(x);
  const length = result.length === 0 ? 0 : x.size / result.length;
  for (let row = 0; row < result.length; row++) {
    const start = offset + row * length;
    const end = start + length;
    if (kind === 'sum') {
      let total = 0;
      for (let i = start; i < end; i++) total += data[i]!;
      result[row] = total;
    } else {
      let best = data[start]!;
      if (kind === 'max') for (let i = start + 1; i < end; i++) best = Math.max(best, data[i]!);
      else for (let i = start + 1; i < end; i++) best = Math.min(best, data[i]!);
      result[row] = best;
    }
  }
}

function reduceScattered(kind: ReduceKind, x: View, axes: readonly number[], result: HostArray): void {
  const data = host(x.data);
  const keptLengths = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const stride = rowMajorStrides(keptLengths).map((step, axis) => (axes.includes(axis) ? 0 : step));
  const totals = new Float64Array(result.length);
  if (kind !== 'sum') totals.fill(kind === 'max' ? -Infinity : Infinity);
  const target: Walk = { offset: 0, stride };
  forEachRow(x.shape, [target, x], (n, starts, steps) => {
    let [o, i] = starts as [number, number];
    const [u, s] = steps as [number, number];
    if (kind === 'sum') for (let k = 0; k < n; k++, o += u, i += s) totals[o]! += data[i]!;
    else if (kind === 'max')
      for (let k = 0; k < n; k++, o += u, i += s) totals[o] = Math.max(totals[o]!, data[i]!);
    else for (let k = 0; k < n; k++, o += u, i += s) totals[o] = Math.min(totals[o]!, data[i]!);
  });
  result.set(totals);
}

/** The view with `axis` moved to the end: rows along it are then consecutive. */
function axisLast(x: View, axis: number): View {
  const order = [...x.shape.keys()].filter((other) => other !== axis).concat(axis);
  return viewOf(
    x.data,
    order.map((i) => x.shape[i]!),
    order.map((i) => x.stride[i]!),
    x.offset,
  );
}

export function argmax(x: View, axis: number): Int32Array {
  const { data, offset } = rowMajor(axisLast(x, axis));
  const length = x.shape[axis]!;
  const result = new Int32Array(x.size / length);
  for (let row = 0; row < result.length; row++) {
    const start = offset + row * length;
    let best = 0;
    for (let i = 1; i < length; i++) if (data[start + i]! > data[start + best]!) best = i;
    result[row] = best;
  }
  return result;
}

export function cumsum(x: View, axis: number, reverse: boolean, dtype: DType): HostArray {
  const moved = axisLast(x, axis);
  const { data, offset } = rowMajor(moved);
  const result = hostArray(dtype, x.size);
  // Positions of the result's rows: its own row-major strides, with `axis` moved to the end like the input's.
  const target = axisLast(viewOf(result, x.shape), axis);
  const length = x.shape[axis]!;
  const step = target.stride.at(-1)!;
  let from = offset;
  forEachRow(
    target.shape.slice(0, -1),
    [{ offset: 0, stride: target.stride.slice(0, -1) }],
    (n, starts, steps) => {
      for (let row = 0; row < n; row++, from += length) {
        const to = starts[0]! + row * steps[0]!;
        let total = 0;
        for (let k = 0; k < length; k++) {
          const i = reverse ? length - 1 - k : k;
          total += data[from + i]!;
          result[to + i * step] = total;
        }
      }
    },
  );
  return result;
}

export function topK(
  x: View,
  k: number,
  largest: boolean,
  dtype: DType,
): { values: HostArray; indices: Int32Array } {
  const { data, offset } = rowMajor(x);
  const length = x.shape.at(-1)!;
  const rows = length === 0 ? 0 : x.size / length;
  const values = hostArray(dtype, rows * k);
  const indices = new Int32Array(rows * k);
  const order = new Array<number>(length);
  for (let row = 0; row < rows; row++) {
    const start = offset + row * length;
    for (let i = 0; i < length; i++) order[i] = i;
    order.sort((a, b) => {
      const difference = data[start + a]! - data[start + b]!;
      return (largest ? -difference : difference) || a - b;
    });
    for (let i = 0; i < k; i++) {
      indices[row * k + i] = order[i]!;
      values[row * k + i] = data[start + order[i]!]!;
    }
  }
  return { values, indices };
}
