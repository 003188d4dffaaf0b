/**
 * Reductions (sum, max, min, sum of squares) and running sums.
 *
 *   reduce     y[kept] = x[kept, 0] (+) x[kept, 1] (+) ...       one cell walks all that it reduces
 *   two steps  a long row is first reduced in pieces              parallel, and the rounding errors of a sum stay small
 */
import type { ReduceKind } from '../../backend.ts';
import { sizeOf } from '../../shape.ts';
import { type View, viewOf } from '../../view.ts';
import type { GpuDevice } from './device.ts';
import { type Cell, defineKernel, type FloatArray, quotient, quotientHelpers } from './kernel.ts';
import type { GpuArray } from './memory.ts';
import { contiguous, copy, filled } from './movement.ts';
import { mergeAxes, padded, select } from './views.ts';

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

const reduceKernels = {
  sum: defineKernel('reduce sum', sumAll, ['array', 'integer']),
  max: defineKernel('reduce max', largestOf, ['array', 'integer']),
  min: defineKernel('reduce min', smallestOf, ['array', 'integer']),
};
const sumPiecesKernel = defineKernel('sum of pieces', sumPieces, ['array', 'integer']);
const squarePiecesKernel = defineKernel('squares of pieces', squarePieces, ['array', 'integer']);
const addAllKernel = defineKernel('add all', addAll, ['array', 'array']);
const cumsumKernel = defineKernel('cumsum', runningSum, ['array', 'integer'], quotientHelpers);

export function reduce(device: GpuDevice, kind: ReduceKind, x: View, axes: readonly number[]): GpuArray {
  const data = x.data as GpuArray;
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const size = sizeOf(select(x.shape, kept));
  if (x.size === 0) return filled(device, data.dtype, size, 0); // the sum of nothing; the ops refuse its maximum
  const outside = mergeAxes(select(x.shape, kept), [{ offset: 0, stride: select(x.stride, kept) }]);
  const inside = mergeAxes(select(x.shape, axes), [{ offset: 0, stride: select(x.stride, axes) }]);
  if (outside.lengths.length > 2 || inside.lengths.length > 2) {
    // Kept axes first, reduced ones last, row-major: one row per result.
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

export function cumsum(device: GpuDevice, x: View, axis: number, reverse: boolean): GpuArray {
  const { data, offset, temporary } = contiguous(device, x);
  const inner = sizeOf(x.shape.slice(axis + 1));
  const constants = { length: x.shape[axis]!, inner, reverse: reverse ? 1 : 0 };
  const grid = { rows: sizeOf(x.shape.slice(0, axis + 1)), columns: inner };
  const result = device.launch(cumsumKernel, grid, constants, [data, offset], (x.data as GpuArray).dtype);
  device.release(...temporary);
  return result;
}
