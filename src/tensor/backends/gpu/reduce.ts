/**
 * Reductions (sum, max, min, sum of squares), argmax, running sums and the k largest.
 *
 *   reduce     y[kept] = x[kept, 0] (+) x[kept, 1] (+) ...       one cell walks all that it reduces
 *   two steps  a long row is first reduced in pieces              parallel, and the rounding errors of a sum stay small
 *   topK       rank of an element = how many come before it; the r-th result is the element of rank r: no sorting, no branches
 */
import type { ReduceKind } from '../../backend.ts';
import { sizeOf } from '../../shape.ts';
import { type View, viewOf } from '../../view.ts';
import type { GpuDevice } from './device.ts';
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
import { contiguous, copy, filled } from './movement.ts';
import { asRows, mergeAxes, type Steps } from './views.ts';

/** Rows longer than this are reduced in pieces of about the square root of their length. */
const LONG_ROW = 512;

type Reduced = 'row' | 'column' | 'outer' | 'outerStep' | 'inner' | 'innerStep';

function sumAll(this: Cell<Reduced>, x: FloatArray, offset: number): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const start = offset + row * this.constants.row + this.thread.x * this.constants.column;
  let total = 0;
  for (let i = 0; i < this.constants.outer; i++) {
    for (let j = 0; j < this.constants.inner; j++) {
      total += x[start + i * this.constants.outerStep + j * this.constants.innerStep];
    }
  }
  return total;
}

function largestOf(this: Cell<Reduced>, x: FloatArray, offset: number): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const start = offset + row * this.constants.row + this.thread.x * this.constants.column;
  let best = x[start];
  for (let i = 0; i < this.constants.outer; i++) {
    for (let j = 0; j < this.constants.inner; j++) {
      best = Math.max(best, x[start + i * this.constants.outerStep + j * this.constants.innerStep]);
    }
  }
  return best;
}

function smallestOf(this: Cell<Reduced>, x: FloatArray, offset: number): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const start = offset + row * this.constants.row + this.thread.x * this.constants.column;
  let best = x[start];
  for (let i = 0; i < this.constants.outer; i++) {
    for (let j = 0; j < this.constants.inner; j++) {
      best = Math.min(best, x[start + i * this.constants.outerStep + j * this.constants.innerStep]);
    }
  }
  return best;
}

type Pieces = 'row' | 'step' | 'length' | 'piece';

/** Piece x of row y; the last one is shorter. */
function sumPieces(this: Cell<Pieces>, x: FloatArray, offset: number): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const first = this.thread.x * this.constants.piece;
  let total = 0;
  for (let i = 0; i < this.constants.piece; i++) {
    if (first + i < this.constants.length) {
      total += x[offset + row * this.constants.row + (first + i) * this.constants.step];
    }
  }
  return total;
}

function squarePieces(this: Cell<Pieces>, x: FloatArray, offset: number): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const first = this.thread.x * this.constants.piece;
  let total = 0;
  for (let i = 0; i < this.constants.piece; i++) {
    if (first + i < this.constants.length) {
      const value = x[offset + row * this.constants.row + (first + i) * this.constants.step];
      total += value * value;
    }
  }
  return total;
}

/** Earlier sum + sum of x: one number. */
function addAll(this: Cell<'length'>, x: FloatArray, before: FloatArray): number {
  let total = before[0];
  for (let i = 0; i < this.constants.length; i++) {
    total += x[i];
  }
  return total;
}

function firstLargest(
  this: Cell<'row' | 'column' | 'length' | 'step'>,
  x: FloatArray,
  offset: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const start = offset + row * this.constants.row + this.thread.x * this.constants.column;
  let best = x[start];
  let at = 0;
  for (let i = 1; i < this.constants.length; i++) {
    const value = x[start + i * this.constants.step];
    if (value > best) {
      best = value;
      at = i;
    }
  }
  return at;
}

/** Sum of x[.., 0..i, ..], or of x[.., i.., ..] where `reverse` is 1. Row = (outer, i). */
function runningSum(this: Cell<'length' | 'inner' | 'reverse'>, x: FloatArray, offset: number): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const outer = quotient(row, this.constants.length);
  const place = row - outer * this.constants.length;
  const start = offset + outer * this.constants.length * this.constants.inner + this.thread.x;
  let total = 0;
  for (let i = 0; i < this.constants.length; i++) {
    if (this.constants.reverse === 1) {
      if (this.constants.length - 1 - i >= place) {
        total += x[start + (this.constants.length - 1 - i) * this.constants.inner];
      }
    } else {
      if (i <= place) {
        total += x[start + i * this.constants.inner];
      }
    }
  }
  return total;
}

type Row = 'row' | 'column' | 'length';

/** How many elements of its row come before this one: larger ones, and equal ones further left. */
function rankLargest(this: Cell<Row>, x: FloatArray, offset: number): number {
  const start = offset + (this.thread.y + this.constants.fold * this.thread.z) * this.constants.row;
  const own = x[start + this.thread.x * this.constants.column];
  let rank = 0;
  for (let i = 0; i < this.constants.length; i++) {
    const other = x[start + i * this.constants.column];
    if (other > own || (other === own && i < this.thread.x)) {
      rank += 1;
    }
  }
  return rank;
}

function rankSmallest(this: Cell<Row>, x: FloatArray, offset: number): number {
  const start = offset + (this.thread.y + this.constants.fold * this.thread.z) * this.constants.row;
  const own = x[start + this.thread.x * this.constants.column];
  let rank = 0;
  for (let i = 0; i < this.constants.length; i++) {
    const other = x[start + i * this.constants.column];
    if (other < own || (other === own && i < this.thread.x)) {
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

const reduceKernels = {
  sum: defineKernel('reduce sum', sumAll, ['array', 'integer']),
  max: defineKernel('reduce max', largestOf, ['array', 'integer']),
  min: defineKernel('reduce min', smallestOf, ['array', 'integer']),
};
const sumPiecesKernel = defineKernel('sum of pieces', sumPieces, ['array', 'integer']);
const squarePiecesKernel = defineKernel('squares of pieces', squarePieces, ['array', 'integer']);
const addAllKernel = defineKernel('add all', addAll, ['array', 'array']);
const argmaxKernel = defineKernel('argmax', firstLargest, ['array', 'integer']);
const cumsumKernel = defineKernel('cumsum', runningSum, ['array', 'integer'], quotientHelpers);
const rankKernels = {
  largest: defineKernel('rank of largest', rankLargest, ['array', 'integer']),
  smallest: defineKernel('rank of smallest', rankSmallest, ['array', 'integer']),
};
const placeKernel = defineKernel('place of rank', placeOfRank, ['array']);
const pickKernel = defineKernel('pick in row', pickInRow, ['array', 'integer', 'array'], [integerHelper]);

const select = (values: readonly number[], axes: readonly number[]) => axes.map((axis) => values[axis]!);

export function reduce(device: GpuDevice, kind: ReduceKind, x: View, axes: readonly number[]): GpuArray {
  const data = x.data as GpuArray;
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const size = sizeOf(select(x.shape, kept));
  if (x.size === 0) return filled(device, data.dtype, size, 0); // the sum of nothing; the ops refuse its maximum
  const outside = mergeAxes(select(x.shape, kept), [{ offset: 0, stride: select(x.stride, kept) }]);
  const inside = mergeAxes(select(x.shape, axes), [{ offset: 0, stride: select(x.stride, axes) }]);
  if (outside.lengths.length > 2 || inside.lengths.length > 2) {
    // Kept axes in front, reduced ones behind, row-major: one row each.
    const order = [...kept, ...axes];
    const made = copy(device, viewOf(data, select(x.shape, order), select(x.stride, order), x.offset));
    const flat = viewOf(made, [size, x.size / size]);
    const result = reduce(device, kind, flat, [1]);
    device.release(made);
    return result;
  }
  const length = x.size / size;
  if (kind === 'sum' && length > LONG_ROW && inside.lengths.length === 1 && outside.lengths.length <= 1) {
    const row = outside.strides[0]![0] ?? 0;
    const pieces = inPieces(
      device,
      sumPiecesKernel,
      data,
      x.offset,
      size,
      row,
      length,
      inside.strides[0]![0]!,
    );
    const sums = viewOf(pieces, [size, pieces.length / size]);
    const result = reduce(device, 'sum', sums, [1]);
    device.release(pieces);
    return result;
  }
  const [rows, columns] = padded(outside.lengths);
  const [row, column] = padded(outside.strides[0]!, 0);
  const [outer, inner] = padded(inside.lengths);
  const [outerStep, innerStep] = padded(inside.strides[0]!, 0);
  const constants = { row, column, outer, outerStep, inner, innerStep };
  return device.launch(reduceKernels[kind], { rows, columns }, constants, [data, x.offset], data.dtype);
}

/** At most two numbers, as the last of a pair. */
function padded(values: readonly number[], filler = 1): [number, number] {
  return [values.length === 2 ? values[0]! : filler, values.at(-1) ?? filler];
}

/** Each row of `length` numbers reduced in about sqrt(length) pieces: [rows, pieces]. */
function inPieces(
  device: GpuDevice,
  kernel: typeof sumPiecesKernel,
  data: GpuArray,
  offset: number,
  rows: number,
  row: number,
  length: number,
  step: number,
): GpuArray {
  const piece = Math.ceil(Math.sqrt(length));
  const columns = Math.ceil(length / piece);
  return device.launch(kernel, { rows, columns }, { row, step, length, piece }, [data, offset]);
}

/** The squares of all elements of all views added up. */
export function sumOfSquares(device: GpuDevice, views: readonly View[]): GpuArray {
  let total = filled(device, 'float32', 1, 0);
  for (const view of views) {
    if (view.size === 0) continue;
    const { data, offset, temporary } = contiguous(device, view);
    const pieces = inPieces(device, squarePiecesKernel, data, offset, 1, 0, view.size, 1);
    const next = device.launch(addAllKernel, { rows: 1, columns: 1 }, { length: pieces.length }, [
      pieces,
      total,
    ]);
    device.release(pieces, total, ...temporary);
    total = next;
  }
  return total;
}

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

export function cumsum(device: GpuDevice, x: View, axis: number, reverse: boolean): GpuArray {
  const { data, offset, temporary } = contiguous(device, x);
  const inner = sizeOf(x.shape.slice(axis + 1));
  const constants = { length: x.shape[axis]!, inner, reverse: reverse ? 1 : 0 };
  const grid = { rows: sizeOf(x.shape.slice(0, axis + 1)), columns: inner };
  const result = device.launch(cumsumKernel, grid, constants, [data, offset], (x.data as GpuArray).dtype);
  device.release(...temporary);
  return result;
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
