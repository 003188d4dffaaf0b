/**
 * Softmax cross-entropy of rows of logits against one class per row, forward and adjoint.
 *
 *   m = max x      s = sum e^(x - m)      loss = m + log s - x[target]      dx = (e^(x - (m + log s)) - [target]) dloss
 *
 * m and s are computed as for softmax. A row whose target is `ignored` has no loss and no gradient.
 */
import type { View } from '../../view.ts';
import type { GpuDevice } from './device.ts';
import { checkTargets } from './host-indices.ts';
import { type Cell, defineKernel, type FloatArray, integer, integerHelper } from './kernel.ts';
import type { GpuArray } from './memory.ts';
import { rowNormalizers } from './softmax.ts';

/** m + log s, or 0 where the row is ignored. */
function normalizer(
  this: Cell<'targetStep'>,
  max: FloatArray,
  sum: FloatArray,
  targets: FloatArray,
  targetOffset: number,
  ignored: number,
): number {
  if (targets[targetOffset + this.thread.x * this.constants.targetStep] === ignored) {
    return 0;
  }
  return max[this.thread.x] + Math.log(sum[this.thread.x]);
}

/** (m - x[target]) + log s: the large numbers cancel before anything is rounded. */
function lossOfRow(
  this: Cell<'row' | 'column' | 'targetStep'>,
  logits: FloatArray,
  offset: number,
  max: FloatArray,
  sum: FloatArray,
  targets: FloatArray,
  targetOffset: number,
  ignored: number,
): number {
  const target = integer(targets[targetOffset + this.thread.x * this.constants.targetStep]);
  if (target === ignored) {
    return 0;
  }
  const logit = logits[offset + this.thread.x * this.constants.row + target * this.constants.column];
  return max[this.thread.x] - logit + Math.log(sum[this.thread.x]);
}

function lossAdjointCell(
  this: Cell<'row' | 'column' | 'targetStep' | 'normalizerStep' | 'lossStep'>,
  logits: FloatArray,
  offset: number,
  logSumExp: FloatArray,
  normalizerOffset: number,
  targets: FloatArray,
  targetOffset: number,
  dLosses: FloatArray,
  lossOffset: number,
  ignored: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const target = integer(targets[targetOffset + row * this.constants.targetStep]);
  if (target === ignored) {
    return 0;
  }
  const logit = logits[offset + row * this.constants.row + this.thread.x * this.constants.column];
  let share = Math.exp(logit - logSumExp[normalizerOffset + row * this.constants.normalizerStep]);
  if (target === this.thread.x) {
    share = share - 1;
  }
  return share * dLosses[lossOffset + row * this.constants.lossStep];
}

const normalizerKernel = defineKernel('normalizer', normalizer, [
  'array',
  'array',
  'array',
  'integer',
  'integer',
]);
const lossKernel = defineKernel(
  'crossEntropy',
  lossOfRow,
  ['array', 'integer', 'array', 'array', 'array', 'integer', 'integer'],
  [integerHelper],
);
const lossAdjointKernel = defineKernel(
  'crossEntropyAdjoint',
  lossAdjointCell,
  [...(['array', 'integer', 'array', 'integer', 'array', 'integer', 'array', 'integer', 'integer'] as const)],
  [integerHelper],
);

export function crossEntropy(
  device: GpuDevice,
  logits: View,
  targets: View,
  ignored: number,
): { losses: GpuArray; logSumExp: GpuArray } {
  const [rows, length] = logits.shape as [number, number];
  checkTargets(targets, length, ignored);
  const ids = targets.data as GpuArray;
  const grid = { rows: 1, columns: rows };
  const [row, column, targetStep] = [logits.stride[0]!, logits.stride[1]!, targets.stride[0]!];
  const x = { data: logits.data as GpuArray, offset: logits.offset, row, column };
  const { max, sum } = rowNormalizers(device, x, rows, length);
  const logSumExp = device.launch(normalizerKernel, grid, { targetStep }, [
    max,
    sum,
    ids,
    targets.offset,
    ignored,
  ]);
  const args = [x.data, x.offset, max, sum, ids, targets.offset, ignored];
  const losses = device.launch(lossKernel, grid, { row, column, targetStep }, args);
  device.release(max, sum);
  return { losses, logSumExp };
}

export function crossEntropyAdjoint(
  device: GpuDevice,
  logits: View,
  targets: View,
  logSumExp: View,
  dLosses: View,
  ignored: number,
): GpuArray {
  const [rows, columns] = logits.shape as [number, number];
  const constants = {
    row: logits.stride[0]!,
    column: logits.stride[1]!,
    targetStep: targets.stride[0]!,
    normalizerStep: logSumExp.stride[0]!,
    lossStep: dLosses.stride[0]!,
  };
  const inputs = [logits, logSumExp, targets, dLosses].flatMap((view) => [
    view.data as GpuArray,
    view.offset,
  ]);
  return device.launch(lossAdjointKernel, { rows, columns }, constants, [...inputs, ignored]);
}
