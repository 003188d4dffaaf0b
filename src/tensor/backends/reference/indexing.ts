/**
 * Gather and scatter kernels. Every index is checked: an out-of-range one is an error, not a read of other memory.
 */
import { dtypeOf, type HostArray, hostArray } from '../../dtype.ts';
import { rowMajorStrides, type Shape, sizeOf } from '../../shape.ts';
import type { View } from '../../view.ts';
import { forEachElement, type Walk } from '../../walk.ts';
import { host, rowMajor } from './memory.ts';

/** y[.., i, ..] = x[.., index[.., i, ..], ..] */
export function gather(x: View, axis: number, index: View): HostArray {
  const source = host(x.data);
  const ids = host(index.data);
  const result = hostArray(dtypeOf(x.data), index.size);
  const [length, step] = [x.shape[axis]!, x.stride[axis]!];
  let i = 0;
  forEachElement(index.shape, [index, standingStillAlong(axis, x)], ([at, origin]) => {
    const id = ids[at!]!;
    checkIndex('gather', id, length);
    result[i++] = source[origin! + id * step]!;
  });
  return result;
}

/** y[.., index[.., i, ..], ..] += source[.., i, ..], from zeros of `shape`. */
export function scatterAdd(shape: Shape, axis: number, index: View, source: View): HostArray {
  const values = host(source.data);
  const ids = host(index.data);
  const result = hostArray(dtypeOf(source.data), sizeOf(shape));
  const stride = rowMajorStrides(shape);
  const [length, step] = [shape[axis]!, stride[axis]!];
  const origins = standingStillAlong(axis, { offset: 0, stride });
  forEachElement(index.shape, [index, origins, source], ([at, origin, from]) => {
    const id = ids[at!]!;
    checkIndex('scatterAdd', id, length);
    result[origin! + id * step]! += values[from!]!;
  });
  return result;
}

/** The walk without its steps along `axis`: the index says where to go there. */
function standingStillAlong(axis: number, { offset, stride }: Walk): Walk {
  return { offset, stride: stride.map((step, other) => (other === axis ? 0 : step)) };
}

/** Row n of the result is row index[n] of the table. */
export function gatherRows(table: View, index: View): HostArray {
  const [data, ids] = [rowMajor(table), rowMajor(index)];
  const [rows, width] = table.shape as [number, number];
  const result = hostArray(dtypeOf(table.data), ids.length * width);
  for (const [n, id] of ids.entries()) {
    checkIndex('embedding', id, rows);
    for (let i = 0; i < width; i++) result[n * width + i] = data[id * width + i]!;
  }
  return result;
}

/** Row index[n] of the result is the sum of all rows n of the source that name it. */
export function scatterAddRows(rows: number, index: View, source: View): HostArray {
  const [data, ids] = [rowMajor(source), rowMajor(index)];
  const width = source.shape[1]!;
  const result = hostArray(dtypeOf(source.data), rows * width);
  for (const [n, id] of ids.entries()) {
    checkIndex('embedding', id, rows);
    for (let i = 0; i < width; i++) result[id * width + i]! += data[n * width + i]!;
  }
  return result;
}

function checkIndex(op: string, id: number, length: number): void {
  if (id < 0 || id >= length)
    throw new RangeError(`${op}: index ${id} is outside an axis of length ${length}`);
}
