/**
 * Softmax and log-softmax over the last axis, forward and adjoint.
 *
 * A cell of the result cannot afford to walk its whole row, so a row's numbers come first, each from a kernel with one cell per
 * row:
 *
 *   m = max x      s = sum e^(x - m)      softmax = e^(x - m) / s      log-softmax = (x - m) - log s
 *   dx = y (dy - sum y dy)                dx = dy - e^y sum dy
 */
import type { View } from '../../view.ts';
import type { GpuDevice } from './device.ts';
import { type Cell, defineKernel, type FloatArray } from './kernel.ts';
import type { GpuArray } from './memory.ts';
import { copy } from './movement.ts';
import { asRows, rowsOf, type Steps } from './views.ts';

type Row = 'row' | 'column' | 'length';

function maxOfRow(this: Cell<Row>, x: FloatArray, offset: number): number {
  const start = offset + this.thread.x * this.constants.row;
  let best = x[start];
  for (let i = 0; i < this.constants.length; i++) {
    best = Math.max(best, x[start + i * this.constants.column]);
  }
  return best;
}

function expSumOfRow(this: Cell<Row>, x: FloatArray, offset: number, max: FloatArray): number {
  const start = offset + this.thread.x * this.constants.row;
  let sum = 0;
  for (let i = 0; i < this.constants.length; i++) {
    sum += Math.exp(x[start + i * this.constants.column] - max[this.thread.x]);
  }
  return sum;
}

/** A row of -Infinity only becomes zeros. */
function softmaxCell(
  this: Cell<'row' | 'column'>,
  x: FloatArray,
  offset: number,
  max: FloatArray,
  sum: FloatArray,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  if (max[row] < -3.4028234e38) {
    return 0;
  }
  return (
    Math.exp(x[offset + row * this.constants.row + this.thread.x * this.constants.column] - max[row]) /
    sum[row]
  );
}

function logSoftmaxCell(
  this: Cell<'row' | 'column'>,
  x: FloatArray,
  offset: number,
  max: FloatArray,
  sum: FloatArray,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const value = x[offset + row * this.constants.row + this.thread.x * this.constants.column];
  return value - max[row] - Math.log(sum[row]); // in this order: max and value cancel exactly
}

type TwoRows = 'aRow' | 'aColumn' | 'bRow' | 'bColumn';

function dotOfRows(
  this: Cell<TwoRows | 'length'>,
  a: FloatArray,
  aOffset: number,
  b: FloatArray,
  bOffset: number,
): number {
  const aStart = aOffset + this.thread.x * this.constants.aRow;
  const bStart = bOffset + this.thread.x * this.constants.bRow;
  let sum = 0;
  for (let i = 0; i < this.constants.length; i++) {
    sum += a[aStart + i * this.constants.aColumn] * b[bStart + i * this.constants.bColumn];
  }
  return sum;
}

function sumOfRow(this: Cell<Row>, x: FloatArray, offset: number): number {
  const start = offset + this.thread.x * this.constants.row;
  let sum = 0;
  for (let i = 0; i < this.constants.length; i++) {
    sum += x[start + i * this.constants.column];
  }
  return sum;
}

function softmaxAdjointCell(
  this: Cell<TwoRows>,
  y: FloatArray,
  yOffset: number,
  dy: FloatArray,
  dyOffset: number,
  dot: FloatArray,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const up = dy[dyOffset + row * this.constants.bRow + this.thread.x * this.constants.bColumn];
  return y[yOffset + row * this.constants.aRow + this.thread.x * this.constants.aColumn] * (up - dot[row]);
}

function logSoftmaxAdjointCell(
  this: Cell<TwoRows>,
  y: FloatArray,
  yOffset: number,
  dy: FloatArray,
  dyOffset: number,
  total: FloatArray,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const up = dy[dyOffset + row * this.constants.bRow + this.thread.x * this.constants.bColumn];
  return (
    up -
    Math.exp(y[yOffset + row * this.constants.aRow + this.thread.x * this.constants.aColumn]) * total[row]
  );
}

const maxKernel = defineKernel('max of rows', maxOfRow, ['array', 'integer']);
const expSumKernel = defineKernel('exp sum of rows', expSumOfRow, ['array', 'integer', 'array']);
const dotKernel = defineKernel('dot of rows', dotOfRows, ['array', 'integer', 'array', 'integer']);
const sumKernel = defineKernel('sum of rows', sumOfRow, ['array', 'integer']);
const forwardKernels = {
  softmax: defineKernel('softmax', softmaxCell, ['array', 'integer', 'array', 'array']),
  logSoftmax: defineKernel('logSoftmax', logSoftmaxCell, ['array', 'integer', 'array', 'array']),
};
const adjointTakes = ['array', 'integer', 'array', 'integer', 'array'] as const;
const adjointKernels = {
  softmax: defineKernel('softmaxAdjoint', softmaxAdjointCell, adjointTakes),
  logSoftmax: defineKernel('logSoftmaxAdjoint', logSoftmaxAdjointCell, adjointTakes),
};
/** Maximum and sum of exponentials of every row. */
export function rowNormalizers(device: GpuDevice, x: Steps, rows: number, length: number) {
  const constants = { row: x.row, column: x.column, length };
  const grid = { rows: 1, columns: rows };
  const max = device.launch(maxKernel, grid, constants, [x.data, x.offset]);
  const sum = device.launch(expSumKernel, grid, constants, [x.data, x.offset, max]);
  return { max, sum };
}

export function softmaxRows(device: GpuDevice, kind: 'softmax' | 'logSoftmax', x: View): GpuArray {
  if (x.size === 0) return device.memory.allocate('float32', 0);
  const { steps, temporary } = asRows(x, (view) => copy(device, view));
  const grid = rowsOf(x.shape);
  const { max, sum } = rowNormalizers(device, steps, grid.rows, grid.columns);
  const { row, column } = steps;
  const args = [steps.data, steps.offset, max, sum];
  const result = device.launch(forwardKernels[kind], grid, { row, column }, args);
  device.release(max, sum, ...temporary);
  return result;
}

export function softmaxRowsAdjoint(
  device: GpuDevice,
  kind: 'softmax' | 'logSoftmax',
  y: View,
  dy: View,
): GpuArray {
  if (y.size === 0) return device.memory.allocate('float32', 0);
  const { steps: a, temporary: first } = asRows(y, (view) => copy(device, view));
  const { steps: b, temporary: second } = asRows(dy, (view) => copy(device, view));
  const grid = rowsOf(y.shape);
  const perRow = { rows: 1, columns: grid.rows };
  const constants = { aRow: a.row, aColumn: a.column, bRow: b.row, bColumn: b.column };
  const inputs = [a.data, a.offset, b.data, b.offset];
  const ofRows =
    kind === 'softmax'
      ? device.launch(dotKernel, perRow, { ...constants, length: grid.columns }, inputs)
      : device.launch(sumKernel, perRow, { row: b.row, column: b.column, length: grid.columns }, [
          b.data,
          b.offset,
        ]);
  const result = device.launch(adjointKernels[kind], grid, constants, [...inputs, ofRows]);
  device.release(ofRows, ...first, ...second);
  return result;
}
