/**
 * Softmax, log-softmax and softmax cross-entropy on the wasm backend (kernels in assembly/softmax.ts): one kernel each, over
 * rows.
 */
import type { HostArray } from '../../dtype.ts';
import type { View } from '../../view.ts';
import type { Device } from './device.ts';

/** Exponentials worth a share of their own. */
const WORK = 8192;

type RowKernel = 'softmaxRows' | 'logSoftmaxRows';
type AdjointKernel = 'softmaxAdjointRows' | 'logSoftmaxAdjointRows';

export function rowKernel(device: Device, kernel: RowKernel, x: View): HostArray {
  const result = device.allocate('float32', x.size);
  if (result.length === 0) return result;
  const width = x.shape.at(-1)!;
  const input = device.rowMajor(x);
  device.run(kernel, result.length / width, grainOf(width), [input, result.byteOffset, width]);
  device.done();
  return result;
}

export function adjointKernel(device: Device, kernel: AdjointKernel, y: View, dy: View): HostArray {
  const result = device.allocate('float32', y.size);
  if (result.length === 0) return result;
  const width = y.shape.at(-1)!;
  const [output, upstream] = [device.rowMajor(y), device.rowMajor(dy)];
  const args = [output, upstream, result.byteOffset, width];
  device.run(kernel, result.length / width, grainOf(width), args);
  device.done();
  return result;
}

export function crossEntropy(
  device: Device,
  logits: View,
  targets: View,
  ignoreIndex: number,
): { losses: HostArray; logSumExp: HostArray } {
  const [rows, width] = logits.shape as [number, number];
  checkTargets(targets, width, ignoreIndex);
  const losses = device.allocate('float32', rows);
  const logSumExp = device.allocate('float32', rows);
  const [input, ids] = [device.rowMajor(logits), device.rowMajor(targets)];
  const args = [input, ids, losses.byteOffset, logSumExp.byteOffset, width, ignoreIndex];
  device.run('crossEntropyRows', rows, grainOf(width), args);
  device.done();
  return { losses, logSumExp };
}

export function crossEntropyAdjoint(
  device: Device,
  logits: View,
  targets: View,
  logSumExp: View,
  dLosses: View,
  ignoreIndex: number,
): HostArray {
  const [rows, width] = logits.shape as [number, number];
  const result = device.allocate('float32', rows * width);
  const inputs = [logits, targets, logSumExp, dLosses].map((view) => device.rowMajor(view));
  const args = [...inputs, result.byteOffset, width, ignoreIndex];
  device.run('crossEntropyAdjointRows', rows, grainOf(width), args);
  device.done();
  return result;
}

/** The kernels trust their targets. */
function checkTargets(targets: View, classes: number, ignoreIndex: number): void {
  const ids = targets.data as HostArray;
  const step = targets.stride[0]!;
  for (let row = 0, at = targets.offset; row < targets.shape[0]!; row++, at += step) {
    const id = ids[at]!;
    if (id !== ignoreIndex && (id < 0 || id >= classes)) {
      throw new RangeError(
        `crossEntropy: target ${id} in row ${row} is not a class, there are ${classes} classes`,
      );
    }
  }
}

function grainOf(width: number): number {
  return Math.max(1, Math.ceil(WORK / Math.max(1, width)));
}
