/**
 * Gather and scatter kernels. Every index is checked: an out-of-range one is an error, not a read of other memory.
 */
import { type DType, type HostArray, hostArray } from '../../dtype.ts';
import { rowMajorStrides, type Shape, sizeOf } from '../../shape.ts';
import type { View } from '../../view.ts';
import { forEachRow, host, rowMajor, type Walk } from './loops.ts';

export function gather(x: View, axis: number, index: View, dtype: DType): HostArray {
  const source = host(x.data);
  const ids = host(index.data);
  const result = hostArray(dtype, index.size);
  const [length, step] = [x.shape[axis]!, x.stride[axis]!];
  const origin: Walk = { offset: x.offset, stride: x.stride.map((s, other) => (other === axis ? 0 : s)) };
  let at = 0;
  forEachRow(index.shape, [index, origin], (n, starts, steps) => {
    for (let k = 0; k < n; k++) {
      const id = ids[starts[0]! + k * steps[0]!]!;
      checkIndex('gather', id, length);
      result[at++] = source[starts[1]! + k * steps[1]! + id * step]!;
    }
  });
  return result;
}

export function scatterAdd(shape: Shape, axis: number, index: View, source: View, dtype: DType): HostArray {
  const values = host(source.data);
  const ids = host(index.data);
  const result = hostArray(dtype, sizeOf(shape));
  const strides = rowMajorStrides(shape);
  const [length, step] = [shape[axis]!, strides[axis]!];
  const origin: Walk = { offset: 0, stride: strides.map((s, other) => (other === axis ? 0 : s)) };
  forEachRow(index.shape, [index, origin, source], (n, starts, steps) => {
    for (let k = 0; k < n; k++) {
      const id = ids[starts[0]! + k * steps[0]!]!;
      checkIndex('scatterAdd', id, length);
      result[starts[1]! + k * steps[1]! + id * step]! += values[starts[2]! + k * steps[2]!]!;
    }
  });
  return result;
}

export function gatherRows(table: View, index: View, dtype: DType): HostArray {
  const { data, offset } = rowMajor(table);
  const { data: ids, offset: first } = rowMajor(index);
  const [rows, width] = table.shape as [number, number];
  const result = hostArray(dtype, index.size * width);
  for (let n = 0; n < index.size; n++) {
    const id = ids[first + n]!;
    checkIndex('embedding', id, rows);
    const from = offset + id * width;
    for (let i = 0; i < width; i++) result[n * width + i] = data[from + i]!;
  }
  return result;
}

export function scatterAddRows(rows: number, index: View, source: View, dtype: DType): HostArray {
  const { data, offset } = rowMajor(source);
  const { data: ids, offset: first } = rowMajor(index);
  const width = source.shape[1]!;
  const result = hostArray(dtype, rows * width);
  for (let n = 0; n < index.size; n++) {
    const id = ids[first + n]!;
    checkIndex('embedding', id, rows);
    const to = id * width;
    for (let i = 0; i < width; i++) result[to + i]! += data[offset + n * width + i]!;
  }
  return result;
}

function checkIndex(op: string, id: number, length: number): void {
  if (id < 0 || id >= length)
    throw new RangeError(`${op}: index ${id} is outside an axis of length ${length}`);
}
