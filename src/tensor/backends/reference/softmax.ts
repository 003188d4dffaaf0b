/**
 * Softmax, log-softmax and softmax cross-entropy over the last axis: forward and adjoint kernels (formulas in ops/).
 *
 * A row begins at `start` and has `width` elements. Exponentials are taken of x - max, so that none overflows.
 */
import { dtypeOf, type HostArray, hostArray } from '../../dtype.ts';
import type { View } from '../../view.ts';
import { rowMajor } from './memory.ts';

/** y = exp(x - max) / sum(exp(x - max)); a row of nothing but -Infinity gives zeros. */
export function softmax(x: View): HostArray {
  const data = rowMajor(x);
  const y = resultLike(x);
  const width = x.shape.at(-1)!;
  for (let start = 0; start < y.length; start += width) {
    const max = maxOfRow(data, start, width);
    if (max === -Infinity) continue;
    let sum = 0;
    for (let i = start; i < start + width; i++) {
      const e = Math.exp(data[i]! - max);
      y[i] = e;
      sum += e;
    }
    for (let i = start; i < start + width; i++) y[i] = y[i]! / sum;
  }
  return y;
}

/** dx = y (dy - sum(y dy)) */
export function softmaxAdjoint(y: View, dy: View): HostArray {
  const [out, up] = [rowMajor(y), rowMajor(dy)];
  const dx = resultLike(y);
  const width = y.shape.at(-1)!;
  for (let start = 0; start < dx.length; start += width) {
    let dot = 0;
    for (let i = start; i < start + width; i++) dot += out[i]! * up[i]!;
    for (let i = start; i < start + width; i++) dx[i] = out[i]! * (up[i]! - dot);
  }
  return dx;
}

/** y = x - log(sum(exp(x))) */
export function logSoftmax(x: View): HostArray {
  const data = rowMajor(x);
  const y = resultLike(x);
  const width = x.shape.at(-1)!;
  for (let start = 0; start < y.length; start += width) {
    const normalizer = logSumExpOfRow(data, start, width);
    for (let i = start; i < start + width; i++) y[i] = data[i]! - normalizer;
  }
  return y;
}

/** dx = dy - exp(y) sum(dy) */
export function logSoftmaxAdjoint(y: View, dy: View): HostArray {
  const [out, up] = [rowMajor(y), rowMajor(dy)];
  const dx = resultLike(y);
  const width = y.shape.at(-1)!;
  for (let start = 0; start < dx.length; start += width) {
    let total = 0;
    for (let i = start; i < start + width; i++) total += up[i]!;
    for (let i = start; i < start + width; i++) dx[i] = up[i]! - Math.exp(out[i]!) * total;
  }
  return dx;
}

/** loss = log(sum(exp(x))) - x[target]; 0 for an ignored row. */
export function crossEntropy(
  logits: View,
  targets: View,
  ignoreIndex: number,
): { losses: HostArray; logSumExp: HostArray } {
  const [data, ids] = [rowMajor(logits), rowMajor(targets)];
  const [rows, width] = logits.shape as [number, number];
  const losses = hostArray(dtypeOf(logits.data), rows);
  const logSumExp = hostArray(dtypeOf(logits.data), rows);
  for (let row = 0; row < rows; row++) {
    const id = ids[row]!;
    if (id === ignoreIndex) continue;
    if (id < 0 || id >= width) {
      throw new RangeError(
        `crossEntropy: target ${id} in row ${row} is not a class, there are ${width} classes`,
      );
    }
    const normalizer = logSumExpOfRow(data, row * width, width);
    logSumExp[row] = normalizer;
    losses[row] = normalizer - data[row * width + id]!;
  }
  return { losses, logSumExp };
}

/** dx = (softmax(x) - onehot(target)) dloss; zeros for an ignored row. */
export function crossEntropyAdjoint(
  logits: View,
  targets: View,
  logSumExp: View,
  dLosses: View,
  ignoreIndex: number,
): HostArray {
  const [data, ids, normalizers, up] = [logits, targets, logSumExp, dLosses].map(rowMajor) as [
    HostArray,
    HostArray,
    HostArray,
    HostArray,
  ];
  const [rows, width] = logits.shape as [number, number];
  const dx = resultLike(logits);
  for (let row = 0; row < rows; row++) {
    const id = ids[row]!;
    if (id === ignoreIndex) continue;
    const start = row * width;
    for (let i = start; i < start + width; i++) dx[i] = Math.exp(data[i]! - normalizers[row]!) * up[row]!;
    dx[start + id]! -= up[row]!;
  }
  return dx;
}

function resultLike(x: View): HostArray {
  return hostArray(dtypeOf(x.data), x.size);
}

function maxOfRow(data: HostArray, start: number, width: number): number {
  let max = -Infinity;
  for (let i = start; i < start + width; i++) max = Math.max(max, data[i]!);
  return max;
}

function logSumExpOfRow(data: HostArray, start: number, width: number): number {
  const max = maxOfRow(data, start, width);
  let sum = 0;
  for (let i = start; i < start + width; i++) sum += Math.exp(data[i]! - max);
  return max + Math.log(sum);
}
