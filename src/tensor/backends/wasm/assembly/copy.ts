/**
 * Copies between strided layouts, with conversion, and fills. One item is one element in row-major order.
 */
import { gather4 } from './math';

/** JavaScript's conversion: towards zero, modulo 2^32, NaN and the infinities to 0. */
function toInt32(x: f32): i32 {
  return Mathf.abs(x) < 9.2e18 ? <i32><i64>x : 0;
}

/** One row of a copy; steps in bytes; mode 0 moves bits, 1 converts int32 to float32, 2 float32 to int32. */
function moveRow(mode: i32, to: usize, s: usize, from: usize, t: usize, n: i32): void {
  if (mode == 2) {
    for (; n > 0; n--, to += s, from += t) store<i32>(to, toInt32(load<f32>(from)));
    return;
  }
  if (mode == 1) {
    if (s == 4 && t == 4) {
      for (; n >= 8; n -= 8, to += 32, from += 32) {
        const low = f32x4.convert_i32x4_s(v128.load(from)), high = f32x4.convert_i32x4_s(v128.load(from, 16));
        v128.store(to, high, 16);
        v128.store(to, low);
      }
    }
    for (; n > 0; n--, to += s, from += t) store<f32>(to, <f32>load<i32>(from));
    return;
  }
  if (s == 4 && t == 4) {
    if (n >= 1024) {
      memory.copy(to, from, <usize>n << 2);
      return;
    }
    for (; n >= 8; n -= 8, to += 32, from += 32) {
      const low = v128.load(from), high = v128.load(from, 16);
      v128.store(to, high, 16);
      v128.store(to, low);
    }
  } else if (s == 4 && t == 0) {
    const x = v128.load32_splat(from);
    for (; n >= 8; n -= 8, to += 32) {
      v128.store(to, x, 16);
      v128.store(to, x);
    }
  } else if (s == 4) {
    for (; n >= 4; n -= 4, to += 16, from += 4 * t) v128.store(to, gather4(from, t, 4));
  }
  for (; n > 0; n--, to += s, from += t) store<i32>(to, load<i32>(from));
}

/** Four rows of a transposed source: element (row, column) lies at from + 4 row + column `step`. */
function transposeRows(to: usize, row: usize, from: usize, step: usize, n: i32): void {
  const second = to + row, third = second + row, fourth = third + row;
  let at: usize = 0;
  for (; n >= 4; n -= 4, at += 16, from += 4 * step) {
    const r0 = v128.load(from), r1 = v128.load(from + step), r2 = v128.load(from + 2 * step), r3 = v128.load(from + 3 * step);
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to + at, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
    v128.store(second + at, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
    v128.store(third + at, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5));
    v128.store(fourth + at, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
  }
  for (; n > 0; n--, at += 4, from += step) {
    store<i32>(to + at, load<i32>(from));
    store<i32>(second + at, load<i32>(from, 4));
    store<i32>(third + at, load<i32>(from, 8));
    store<i32>(fourth + at, load<i32>(from, 12));
  }
}

/** to <- from over [*, n1, n2, n3], both strided. Items are elements in row-major order of that shape. */
export function move(
  mode: i32, n1: i32, n2: i32, n3: i32,
  to: usize, t0: i32, t1: i32, t2: i32, t3: i32,
  from: usize, f0: i32, f1: i32, f2: i32, f3: i32,
  begin: i32, end: i32, scratch: usize,
): void {
  const toStep = <usize>t3 << 2, fromStep = <usize>f3 << 2;
  const isTransposed = mode == 0 && t3 == 1 && f2 == 1 && f3 != 1;
  let row = begin / n3, column = begin - row * n3, left = end - begin;
  let i2 = row % n2;
  row /= n2;
  let i1 = row % n1, i0 = row / n1;
  while (left > 0) {
    const target = to + (<usize>(i0 * t0 + i1 * t1 + i2 * t2 + column * t3) << 2);
    const source = from + (<usize>(i0 * f0 + i1 * f1 + i2 * f2 + column * f3) << 2);
    if (isTransposed && column == 0 && i2 + 4 <= n2 && left / 4 >= n3) {
      transposeRows(target, <usize>t2 << 2, source, fromStep, n3);
      left -= 4 * n3;
      i2 += 4;
    } else {
      const n = min(left, n3 - column);
      moveRow(mode, target, toStep, source, fromStep, n);
      left -= n;
      i2++;
    }
    column = 0;
    if (i2 == n2) {
      i2 = 0;
      if (++i1 == n1) {
        i1 = 0;
        i0++;
      }
    }
  }
}

/** Consecutive 32-bit words set to one value. */
export function fillWords(to: usize, bits: i32, begin: i32, end: i32, scratch: usize): void {
  to += <usize>begin << 2;
  if (bits == 0) {
    memory.fill(to, 0, <usize>(end - begin) << 2);
    return;
  }
  const last = to + (<usize>((end - begin) & ~7) << 2), x = i32x4.splat(bits);
  for (; to < last; to += 32) {
    v128.store(to, x, 16);
    v128.store(to, x);
  }
  for (let rest = (end - begin) & 7; rest > 0; rest--, to += 4) store<i32>(to, bits);
}
