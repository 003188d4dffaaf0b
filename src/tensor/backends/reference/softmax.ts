/**
 * Softmax, log-softmax and softmax cross-entropy over the last axis: forward and adjoint kernels (formulas in ops/).
 *
 * Each row is read three times: maximum, sum of exponentials, result.
 */
import { type DType, type HostArray, hostArray } from '../../dtype.ts';
import type { View } from '../../view.ts';
import { rowMajor } from './loops.ts';

export function softmax(x: View, dtype: DType): HostArray {
  const { data, offset } = rowMajor(x);
  const y = hostArray(dtype, x.size);
  const width = x.shape.at(-1)!;
  for (let start = 0; start < y.length; start += width) {
    const max = maxOfRow(data, offset + start, width);
    if (max === -Infinity) continue;
    let sum = 0;
    for (let i = start; i < start + width; i++) {
      const e = Math.exp(data[offset + i]! - max);
      y[i] = e;
      sum += e;
    }
    for (let i = start; i < start + width; i++) y[i] = y[i]! / sum;
  }
  return y;
}

export function softmaxAdjoint(y: View, dy: View, dtype: DType): HostArray {
  const { data: out, offset: o } = rowMajor(y);
  const { data: up, offset: u } = rowMajor(dy);
  const dx = hostArray(dtype, y.size);
  const width = y.shape.at(-1)!;
  for (let start = 0; start < dx.length; start += width) {
    let dot = 0;
    for (let i = start; i < start + width; i++) dot += out[o + i]! * up[u + i]!;
    for (let i = start; i < start + width; i++) dx[i] = out[o + i]! * (up[u + i]! - dot);
  }
  return dx;
}

export function logSoftmax(x: View, dtype: DType): HostArray {
  const { data, offset } = rowMajor(x);
  const y = hostArray(dtype, x.size);
  const width = x.shape.at(-1)!;
  for (let start = 0; start < y.length; start += width) {
    const normalizer = logSumExpOfRow(data, offset + start, width);
    for (let i = start; i < start + width; i++) y[i] = data[offset + i]! - normalizer;
  }
  return y;
}

export function logSoftmaxAdjoint(y: View, dy: View, dtype: DType): HostArray {
  const { data: out, offset: o } = rowMajor(y);
  const { data: up, offset: u } = rowMajor(dy);
  const dx = hostArray(dtype, y.size);
  const width = y.shape.at(-1)!;
  for (let start = 0; start < dx.length; start += width) {
    let total = 0;
    for (let i = start; i < start + width; i++) total += up[u + i]!;
    for (let i = start; i < start + width; i++) dx[i] = up[u + i]! - Math.exp(out[o + i]!) * total;
  }
  return dx;
}

export function crossEntropy(
  logits: View,
  targets: View,
  ignoreIndex: number,
  dtype: DType,
): { losses: HostArray; logSumExp: HostArray } {
  const { data, offset } = rowMajor(logits);
  const { data: ids, offset: first } = rowMajor(targets);
  const [rows, width] = logits.shape as [number, number];
  const losses = hostArray(dtype, rows);
  const logSumExp = hostArray(dtype, rows);
  for (let row = 0; row < rows; row++) {
    const id = ids[first + row]!;
    if (id === ignoreIndex) continue;
    if (id < 0 || id >= width) {
      throw new RangeError(
        `crossEntropy: target ${id} in row ${row} is no class, there are ${width} classes`,
      );
    }
    const start = offset + row * width;
    const normalizer = logSumExpOfRow(data, start, width);
    logSumExp[row] = normalizer;
    losses[row] = normalizer - data[start + id]!;
  }
  return { losses, logSumExp };
}

export function crossEntropyAdjoint(
  logits: View,
  targets: View,
  logSumExp: View,
  dLosses: View,
  ignoreIndex: number,
  dtype: DType,
): HostArray {
  const { data, offset } = rowMajor(logits);
  const { data: ids, offset: firstId } = rowMajor(targets);
  const { data: normalizers, offset: firstNormalizer } = rowMajor(logSumExp);
  const { data: up, offset: firstUp } = rowMajor(dLosses);
  const [rows, width] = logits.shape as [number, number];
  const dx = hostArray(dtype, rows * width);
  for (let row = 0; row < rows; row++) {
    const id = ids[firstId + row]!;
    if (id === ignoreIndex) continue;
    const normalizer = normalizers[firstNormalizer + row]!;
    const scale = up[firstUp + row]!;
    const from = offset + row * width;
    const to = row * width;
    for (let i = 0; i < width; i++) dx[to + i] = Math.exp(data[from + i]! - normalizer) * scale;
    dx[to + id]! -= scale;
  }
  return dx;
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
