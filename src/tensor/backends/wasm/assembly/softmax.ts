/**
 * Softmax, log-softmax and softmax cross-entropy along rows (formulas in ops/softmax.ts, ops/cross-entropy.ts). One item is one
 * row.
 *
 * A row of -Infinity gives zeros, NaN anywhere in a row makes all of it NaN. Sums are accurate for long rows (rows.ts).
 */
import { exp4, loadTail, storeTail } from './math';
import { dotRow, expRow, logOf, rowMax, scaleRow, sumOfExps, sumRow } from './rows';

/** True if all numbers are -Infinity. */
function isMasked(x: usize, n: i32): bool {
  for (; n > 0; n--, x += 4) if (load<f32>(x) != -Infinity) return false;
  return true;
}

export function softmaxRows(x: usize, y: usize, n: i32, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>n << 2;
  x += <usize>begin * row;
  y += <usize>begin * row;
  for (let i = begin; i < end; i++, x += row, y += row) {
    const largest = rowMax(x, n, scratch);
    if (largest == -Infinity && isMasked(x, n)) {
      memory.fill(y, 0, row);
      continue;
    }
    expRow(x, n, largest, y);
    scaleRow(y, n, 1 / sumRow(y, n, scratch));
  }
}

/** dx = y (dy - sum(y dy)) */
export function softmaxAdjointRows(y: usize, dy: usize, dx: usize, n: i32, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>n << 2;
  for (let i = begin; i < end; i++) {
    let a = y + <usize>i * row, b = dy + <usize>i * row, to = dx + <usize>i * row;
    const total = f32x4.splat(dotRow(a, b, n, scratch));
    let m = n;
    for (; m >= 8; m -= 8, a += 32, b += 32, to += 32) {
      const low = f32x4.mul(v128.load(a), f32x4.sub(v128.load(b), total));
      const high = f32x4.mul(v128.load(a, 16), f32x4.sub(v128.load(b, 16), total));
      v128.store(to, high, 16);
      v128.store(to, low);
    }
    for (; m > 0; m -= 4, a += 16, b += 16, to += 16) {
      storeTail(to, m, f32x4.mul(loadTail(a, m, 0), f32x4.sub(loadTail(b, m, 0), total)));
    }
  }
}

/** y = (x - max) - ln sum e^(x - max): in this order, so that the error is one of the result, not of max. */
export function logSoftmaxRows(x: usize, y: usize, n: i32, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>n << 2;
  for (let i = begin; i < end; i++) {
    let from = x + <usize>i * row, to = y + <usize>i * row;
    const largest = rowMax(from, n, scratch), shift = f32x4.splat(largest);
    const log = f32x4.splat(logOf(sumOfExps(from, n, largest, scratch)));
    let m = n;
    for (; m >= 8; m -= 8, from += 32, to += 32) {
      const low = f32x4.sub(f32x4.sub(v128.load(from), shift), log);
      const high = f32x4.sub(f32x4.sub(v128.load(from, 16), shift), log);
      v128.store(to, high, 16);
      v128.store(to, low);
    }
    for (; m > 0; m -= 4, from += 16, to += 16) {
      storeTail(to, m, f32x4.sub(f32x4.sub(loadTail(from, m, 0), shift), log));
    }
  }
}

/** dx = dy - e^y sum(dy) */
export function logSoftmaxAdjointRows(y: usize, dy: usize, dx: usize, n: i32, begin: i32, end: i32, scratch: usize): void {
  const row = <usize>n << 2;
  for (let i = begin; i < end; i++) {
    let a = y + <usize>i * row, b = dy + <usize>i * row, to = dx + <usize>i * row;
    const total = f32x4.splat(sumRow(b, n, scratch));
    let m = n;
    for (; m >= 8; m -= 8, a += 32, b += 32, to += 32) {
      const low = f32x4.sub(v128.load(b), f32x4.mul(exp4(v128.load(a)), total));
      const high = f32x4.sub(v128.load(b, 16), f32x4.mul(exp4(v128.load(a, 16)), total));
      v128.store(to, high, 16);
      v128.store(to, low);
    }
    for (; m > 0; m -= 4, a += 16, b += 16, to += 16) {
      storeTail(to, m, f32x4.sub(loadTail(b, m, 0), f32x4.mul(exp4(loadTail(a, m, 0)), total)));
    }
  }
}

/** Targets were checked before (../softmax.ts); a row whose target is `ignore` costs 0. */
export function crossEntropyRows(
  x: usize, targets: usize, losses: usize, logSums: usize, n: i32, ignore: i32, begin: i32, end: i32, scratch: usize,
): void {
  for (let i = begin; i < end; i++) {
    const at = <usize>i << 2, id = load<i32>(targets + at);
    let loss: f32 = 0, logSum: f32 = 0;
    if (id != ignore) {
      const from = x + ((<usize>i * <usize>n) << 2);
      const largest = rowMax(from, n, scratch), log = logOf(sumOfExps(from, n, largest, scratch));
      logSum = largest + log;
      loss = largest - load<f32>(from + (<usize>id << 2)) + log;
    }
    store<f32>(losses + at, loss);
    store<f32>(logSums + at, logSum);
  }
}

/** dx = (e^(x - logSum) - onehot(target)) dLoss */
export function crossEntropyAdjointRows(
  x: usize, targets: usize, logSums: usize, dLosses: usize, dx: usize, n: i32, ignore: i32, begin: i32, end: i32, scratch: usize,
): void {
  const row = <usize>n << 2;
  for (let i = begin; i < end; i++) {
    const at = <usize>i << 2, id = load<i32>(targets + at);
    const start = dx + <usize>i * row;
    if (id == ignore) {
      memory.fill(start, 0, row);
      continue;
    }
    const scale = load<f32>(dLosses + at);
    const shift = f32x4.splat(load<f32>(logSums + at)), factor = f32x4.splat(scale);
    let from = x + <usize>i * row, to = start;
    let m = n;
    for (; m >= 8; m -= 8, from += 32, to += 32) {
      const low = f32x4.mul(exp4(f32x4.sub(v128.load(from), shift)), factor);
      const high = f32x4.mul(exp4(f32x4.sub(v128.load(from, 16), shift)), factor);
      v128.store(to, high, 16);
      v128.store(to, low);
    }
    for (; m > 0; m -= 4, from += 16, to += 16) {
      storeTail(to, m, f32x4.mul(exp4(f32x4.sub(loadTail(from, m, 0), shift)), factor));
    }
    const target = start + (<usize>id << 2);
    if (<u32>id < <u32>n) store<f32>(target, load<f32>(target) - scale);
  }
}
