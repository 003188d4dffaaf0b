/**
 * Reading and adding by index.
 *
 *   gatherRows      y[n, d] = table[index[n], d]
 *   scatterAddRows  dtable[v, d] = sum over the n with index[n] = v of dy[n, d]
 *
 * A cell of a GPU cannot add to another's memory, so adjoints go the other way round: each cell sums what belongs to it. Where
 * the ids came from the host they are sorted there: the places of id v are order[starts[v]] ... order[starts[v + 1] - 1], and a
 * cell reads only those. Ids that were computed on the device are searched through, all N of them for every cell.
 */
import { type Shape, sizeOf } from '../../shape.ts';
import type { View } from '../../view.ts';
import type { GpuDevice } from './device.ts';
import { checkIndices } from './host-indices.ts';
import {
  type Cell,
  defineKernel,
  type FloatArray,
  integer,
  integerHelper,
  quotient,
  quotientHelpers,
} from './kernel.ts';
import type { GpuArray } from './memory.ts';
import { contiguous, filled } from './movement.ts';

function rowByIndex(
  this: Cell<'row' | 'column' | 'indexStep' | 'length'>,
  table: FloatArray,
  offset: number,
  index: FloatArray,
  indexOffset: number,
): number {
  const n = this.thread.y + this.constants.fold * this.thread.z;
  const id = integer(index[indexOffset + n * this.constants.indexStep]);
  if (id < 0 || id >= this.constants.length) {
    return 0;
  }
  return table[offset + id * this.constants.row + this.thread.x * this.constants.column];
}

function sumSortedRows(
  this: Cell<'row' | 'column' | 'count'>,
  source: FloatArray,
  offset: number,
  starts: FloatArray,
  order: FloatArray,
): number {
  const id = this.thread.y + this.constants.fold * this.thread.z;
  const start = integer(starts[id]);
  const end = integer(starts[id + 1]);
  const column = offset + this.thread.x * this.constants.column;
  let total = 0;
  for (let i = 0; i < this.constants.count; i++) {
    if (start + i >= end) {
      break;
    }
    total += source[column + integer(order[start + i]) * this.constants.row];
  }
  return total;
}

function sumMatchingRows(
  this: Cell<'row' | 'column' | 'count' | 'indexStep'>,
  source: FloatArray,
  offset: number,
  index: FloatArray,
  indexOffset: number,
): number {
  const id = this.thread.y + this.constants.fold * this.thread.z;
  const column = offset + this.thread.x * this.constants.column;
  let total = 0;
  for (let n = 0; n < this.constants.count; n++) {
    if (integer(index[indexOffset + n * this.constants.indexStep]) === id) {
      total += source[column + n * this.constants.row];
    }
  }
  return total;
}

/** x and index as [outer, length, inner]; the row of the result is (outer, place). */
function elementByIndex(
  this: Cell<'places' | 'inner' | 'length'>,
  x: FloatArray,
  offset: number,
  index: FloatArray,
  indexOffset: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const outer = quotient(row, this.constants.places);
  const id = integer(index[indexOffset + row * this.constants.inner + this.thread.x]);
  if (id < 0 || id >= this.constants.length) {
    return 0;
  }
  return x[offset + (outer * this.constants.length + id) * this.constants.inner + this.thread.x];
}

function sumMatchingElements(
  this: Cell<'places' | 'inner' | 'length'>,
  source: FloatArray,
  offset: number,
  index: FloatArray,
  indexOffset: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const outer = quotient(row, this.constants.length);
  const id = row - outer * this.constants.length;
  const start = outer * this.constants.places * this.constants.inner + this.thread.x;
  let total = 0;
  for (let i = 0; i < this.constants.places; i++) {
    if (integer(index[indexOffset + start + i * this.constants.inner]) === id) {
      total += source[offset + start + i * this.constants.inner];
    }
  }
  return total;
}

const takes = ['array', 'integer', 'array', 'integer'] as const;
const helpers = [integerHelper, ...quotientHelpers];
const gatherRowsKernel = defineKernel('gatherRows', rowByIndex, takes, [integerHelper]);
const sortedKernel = defineKernel(
  'scatterAddRows',
  sumSortedRows,
  ['array', 'integer', 'array', 'array'],
  [integerHelper],
);
const matchingKernel = defineKernel('scatterAddRows by search', sumMatchingRows, takes, [integerHelper]);
const gatherKernel = defineKernel('gather', elementByIndex, takes, helpers);
const scatterAddKernel = defineKernel('scatterAdd', sumMatchingElements, takes, helpers);

export function gatherRows(device: GpuDevice, table: View, index: View): GpuArray {
  const [length, columns] = table.shape as [number, number];
  checkIndices('embedding', index, length);
  const constants = { row: table.stride[0]!, column: table.stride[1]!, indexStep: index.stride[0]!, length };
  const data = table.data as GpuArray;
  const args = [data, table.offset, index.data as GpuArray, index.offset];
  return device.launch(gatherRowsKernel, { rows: index.shape[0]!, columns }, constants, args, data.dtype);
}

export function scatterAddRows(device: GpuDevice, rows: number, index: View, source: View): GpuArray {
  const [count, columns] = source.shape as [number, number];
  const ids = checkIndices('embedding', index, rows);
  const [row, column] = [source.stride[0]!, source.stride[1]!];
  const data = source.data as GpuArray;
  if (source.size === 0) return filled(device, data.dtype, rows * columns, 0);
  if (ids === null) {
    const constants = { row, column, count, indexStep: index.stride[0]! };
    const args = [data, source.offset, index.data as GpuArray, index.offset];
    return device.launch(matchingKernel, { rows, columns }, constants, args, data.dtype);
  }
  const { starts, order } = sorted(ids, rows);
  const [first, places] = [device.upload(starts), device.upload(order)];
  const args = [data, source.offset, first, places];
  const result = device.launch(sortedKernel, { rows, columns }, { row, column, count }, args, data.dtype);
  device.release(first, places);
  return result;
}

/** Counting sort: the places of each id, in their order, one id after the other. */
function sorted(ids: Int32Array, rows: number): { starts: Int32Array; order: Int32Array } {
  const starts = new Int32Array(rows + 1);
  for (const id of ids) starts[id + 1]!++;
  for (let id = 0; id < rows; id++) starts[id + 1]! += starts[id]!;
  const next = starts.slice();
  const order = new Int32Array(ids.length);
  for (const [place, id] of ids.entries()) order[next[id]!++] = place;
  return { starts, order };
}

export function gather(device: GpuDevice, x: View, axis: number, index: View): GpuArray {
  checkIndices('gather', index, x.shape[axis]!);
  const [places, length] = [index.shape[axis]!, x.shape[axis]!];
  return along(device, gatherKernel, index.shape, axis, { places, length }, x, index);
}

export function scatterAdd(
  device: GpuDevice,
  shape: Shape,
  axis: number,
  index: View,
  source: View,
): GpuArray {
  checkIndices('scatterAdd', index, shape[axis]!);
  const [places, length] = [index.shape[axis]!, shape[axis]!];
  if (index.size === 0) return filled(device, (source.data as GpuArray).dtype, sizeOf(shape), 0);
  return along(device, scatterAddKernel, shape, axis, { places, length }, source, index);
}

function along(
  device: GpuDevice,
  kernel: typeof gatherKernel,
  shape: Shape,
  axis: number,
  lengths: { readonly places: number; readonly length: number },
  values: View,
  index: View,
): GpuArray {
  const inner = sizeOf(shape.slice(axis + 1));
  const [a, b] = [contiguous(device, values), contiguous(device, index)];
  const grid = { rows: sizeOf(shape.slice(0, axis + 1)), columns: inner };
  const args = [a.data, a.offset, b.data, b.offset];
  const result = device.launch(kernel, grid, { ...lengths, inner }, args, (values.data as GpuArray).dtype);
  device.release(...a.temporary, ...b.temporary);
  return result;
}
