/**
 * What depends on the order of numbers: the place of the largest, the k largest or smallest.
 *
 *   argmax   one cell walks its row; of equal ones the first counts
 *   topK     rank of an element = how many come before it; the r-th result is the element of rank r: no sorting, no branches
 *
 * NaN counts as the largest number, as on the other backends: `!(a <= b)` is true of it. Shaders may not tell it from a number
 * (their languages do not promise that); modes cpu and webasm do.
 */
import { type View, viewOf } from '../../view.ts';
import type { GpuDevice } from './device.ts';
import { type Cell, defineKernel, type FloatArray, type Helper, integer, integerHelper } from './kernel.ts';
import type { GpuArray } from './memory.ts';
import { copy } from './movement.ts';
import { asRows, mergeAxes, padded, type Steps, select } from './views.ts';

/** 1 for NaN, else 0. */
function unordered(x: number): number {
  // biome-ignore lint/suspicious/noSelfCompare: kernels have no isNaN
  if (x === x) {
    return 0;
  }
  return 1;
}
const unorderedHelper: Helper = {
  name: unordered.name,
  source: unordered,
  takes: ['Number'],
  gives: 'Number',
};

function firstLargest(
  this: Cell<'row' | 'column' | 'length' | 'step'>,
  x: FloatArray,
  offset: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const start = offset + row * this.constants.row + this.thread.x * this.constants.column;
  let best = x[start];
  let found = unordered(best);
  let at = 0;
  for (let i = 1; i < this.constants.length; i++) {
    const value = x[start + i * this.constants.step];
    if (found < 0.5 && !(value <= best)) {
      best = value;
      found = unordered(value);
      at = i;
    }
  }
  return at;
}

type Row = 'row' | 'column' | 'length';

/** How many elements of its row come before this one: larger ones, and equal ones further left. Before NaN only NaN does. */
function rankLargest(this: Cell<Row>, x: FloatArray, offset: number): number {
  const start = offset + (this.thread.y + this.constants.fold * this.thread.z) * this.constants.row;
  const own = x[start + this.thread.x * this.constants.column];
  const last = unordered(own);
  let rank = 0;
  for (let i = 0; i < this.constants.length; i++) {
    const other = x[start + i * this.constants.column];
    if (last > 0.5) {
      if (i < this.thread.x) {
        rank += unordered(other);
      }
    } else if (!(other <= own) || (other === own && i < this.thread.x)) {
      rank += 1;
    }
  }
  return rank;
}

function rankSmallest(this: Cell<Row>, x: FloatArray, offset: number): number {
  const start = offset + (this.thread.y + this.constants.fold * this.thread.z) * this.constants.row;
  const own = x[start + this.thread.x * this.constants.column];
  const last = unordered(own);
  let rank = 0;
  for (let i = 0; i < this.constants.length; i++) {
    const other = x[start + i * this.constants.column];
    if (last > 0.5) {
      if (unordered(other) < 0.5 || i < this.thread.x) {
        rank += 1;
      }
    } else if (other < own || (other === own && i < this.thread.x)) {
      rank += 1;
    }
  }
  return rank;
}

function placeOfRank(this: Cell<'length'>, ranks: FloatArray): number {
  const start = (this.thread.y + this.constants.fold * this.thread.z) * this.constants.length;
  let place = 0;
  for (let i = 0; i < this.constants.length; i++) {
    if (ranks[start + i] === this.thread.x) {
      place = i;
    }
  }
  return place;
}

function pickInRow(
  this: Cell<'row' | 'column' | 'count'>,
  x: FloatArray,
  offset: number,
  places: FloatArray,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const place = integer(places[row * this.constants.count + this.thread.x]);
  return x[offset + row * this.constants.row + place * this.constants.column];
}

const argmaxKernel = defineKernel('argmax', firstLargest, ['array', 'integer'], [unorderedHelper]);
const rankKernels = {
  largest: defineKernel('rank of largest', rankLargest, ['array', 'integer'], [unorderedHelper]),
  smallest: defineKernel('rank of smallest', rankSmallest, ['array', 'integer'], [unorderedHelper]),
};
const placeKernel = defineKernel('place of rank', placeOfRank, ['array']);
const pickKernel = defineKernel('pick in row', pickInRow, ['array', 'integer', 'array'], [integerHelper]);

export function argmax(device: GpuDevice, x: View, axis: number): GpuArray {
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const { lengths, strides } = mergeAxes(select(x.shape, others), [
    { offset: 0, stride: select(x.stride, others) },
  ]);
  if (lengths.length > 2) {
    const made = copy(device, x);
    const result = argmax(device, viewOf(made, x.shape), axis);
    device.release(made);
    return result;
  }
  const [rows, columns] = padded(lengths);
  const [row, column] = padded(strides[0]!, 0);
  const constants = { row, column, length: x.shape[axis]!, step: x.stride[axis]! };
  return device.launch(argmaxKernel, { rows, columns }, constants, [x.data as GpuArray, x.offset], 'int32');
}

export function topK(
  device: GpuDevice,
  x: View,
  k: number,
  largest: boolean,
): { values: GpuArray; indices: GpuArray } {
  const { steps, temporary } = asRows(x, (view) => copy(device, view));
  const length = x.shape.at(-1)!;
  const rows = length === 0 ? 0 : x.size / length;
  const { row, column } = steps as Steps;
  const source = [steps.data, steps.offset];
  const rank = rankKernels[largest ? 'largest' : 'smallest'];
  const ranks = device.launch(rank, { rows, columns: length }, { row, column, length }, source);
  const indices = device.launch(placeKernel, { rows, columns: k }, { length }, [ranks], 'int32');
  const values = device.launch(
    pickKernel,
    { rows, columns: k },
    { row, column, count: k },
    [...source, indices],
    steps.data.dtype,
  );
  device.release(ranks, ...temporary);
  return { values, indices };
}
