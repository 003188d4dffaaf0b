/**
 * Sums, largest and smallest values, positions of the largest.
 *
 * Long sums are taken in a fixed tree, whatever the number of threads: pieces of 512 elements in sixteen interleaved float32
 * sums, eight pieces to a run, then the sums of the runs. No number goes through more than 45 additions per level, so the
 * rounding error stays below 45 x 2^-24 = 3e-6 of the sum of sizes per level, and near 5e-7 in practice. max and min propagate
 * NaN.
 */
import { loadTail, max4, sum4 } from './math';

const SUM: i32 = 0, MAX: i32 = 1, MIN: i32 = 2, SQUARES: i32 = 3;

/** Elements that one item of `rowReduce` combines, as in ../reduce.ts. */
const RUN: i32 = 4096;
/** Elements added up before they are added to the total of a run. */
const PIECE: i32 = 512;
/** Rows added up before they are added to the total of a column. */
const STRIP: i32 = 64;

// @ts-ignore: decorator
@inline
function neutral(kind: i32): f32 {
  return kind == MAX ? -Infinity : kind == MIN ? Infinity : 0;
}

// @ts-ignore: decorator
@inline
function combine4(kind: i32, total: v128, x: v128): v128 {
  if (kind == SUM) return f32x4.add(total, x);
  if (kind == MAX) return f32x4.max(total, x);
  if (kind == MIN) return f32x4.min(total, x);
  return f32x4.add(total, f32x4.mul(x, x));
}

// @ts-ignore: decorator
@inline
function across(kind: i32, x: v128): f32 {
  if (kind == MAX) return max4(x);
  if (kind == MIN) return -max4(f32x4.neg(x));
  return sum4(x);
}

// @ts-ignore: decorator
@inline
function join4(kind: i32, a: v128, b: v128): v128 {
  return kind == SQUARES ? f32x4.add(a, b) : combine4(kind, a, b);
}

// @ts-ignore: decorator
@inline
function run(kind: i32, x: usize, n: i32): f32 {
  let total = f32x4.splat(neutral(kind));
  const start = total;
  while (n > 0) {
    let m = min(n, PIECE);
    n -= m;
    let a = start, b = a, c = a, d = a;
    for (; m >= 16; m -= 16, x += 64) {
      a = combine4(kind, a, v128.load(x));
      b = combine4(kind, b, v128.load(x, 16));
      c = combine4(kind, c, v128.load(x, 32));
      d = combine4(kind, d, v128.load(x, 48));
    }
    for (; m >= 4; m -= 4, x += 16) a = combine4(kind, a, v128.load(x));
    if (m > 0) b = combine4(kind, b, loadTail(x, m, neutral(kind)));
    total = join4(kind, total, join4(kind, join4(kind, a, b), join4(kind, c, d)));
  }
  return across(kind, total);
}

/** Sum of the squares of n elements. */
export function squares(x: usize, n: i32): f32 {
  return run(SQUARES, x, n);
}

/** Rows of n elements, `runs` items each; y[item]. */
export function rowReduce(kind: i32, x: usize, y: usize, n: i32, runs: i32, begin: i32, end: i32, scratch: usize): void {
  for (let item = begin; item < end; item++) {
    const row = item / runs, first = (item - row * runs) * RUN;
    const from = x + ((<usize>row * <usize>n + <usize>first) << 2), count = runs == 1 ? n : min(RUN, n - first);
    let value: f32;
    if (kind == SUM) value = run(SUM, from, count);
    else if (kind == MAX) value = run(MAX, from, count);
    else value = run(MIN, from, count);
    store<f32>(y + (<usize>item << 2), value);
  }
}

/** Sixteen columns over all rows. */
// @ts-ignore: decorator
@inline
function columns16(kind: i32, x: usize, step: usize, rows: i32, y: usize): void {
  let a = f32x4.splat(neutral(kind)), b = a, c = a, d = a;
  const start = a;
  for (let first = 0; first < rows; first += STRIP) {
    let p = start, q = start, r = start, s = start;
    for (let i = min(STRIP, rows - first); i > 0; i--, x += step) {
      p = combine4(kind, p, v128.load(x));
      q = combine4(kind, q, v128.load(x, 16));
      r = combine4(kind, r, v128.load(x, 32));
      s = combine4(kind, s, v128.load(x, 48));
    }
    a = combine4(kind, a, p);
    b = combine4(kind, b, q);
    c = combine4(kind, c, r);
    d = combine4(kind, d, s);
  }
  v128.store(y, a);
  v128.store(y, b, 16);
  v128.store(y, c, 32);
  v128.store(y, d, 48);
}

// @ts-ignore: decorator
@inline
function column(kind: i32, x: usize, step: usize, rows: i32): f32 {
  let total = f32x4.splat(neutral(kind));
  const start = total;
  for (let first = 0; first < rows; first += STRIP) {
    let strip = start;
    for (let i = min(STRIP, rows - first); i > 0; i--, x += step) strip = combine4(kind, strip, v128.load32_splat(x));
    total = combine4(kind, total, strip);
  }
  return f32x4.extract_lane(total, 0);
}

// @ts-ignore: decorator
@inline
function block(kind: i32, x: usize, width: i32, rows: i32, first: i32, y: usize): void {
  const step = <usize>width << 2;
  if (first + 16 <= width) {
    columns16(kind, x, step, rows, y);
    return;
  }
  for (let i = first; i < width; i++, x += 4, y += 4) store<f32>(y, column(kind, x, step, rows));
}

/** [outer, rows, width] -> [outer, width]. An item is a block of 16 columns. */
export function columnReduce(kind: i32, x: usize, y: usize, rows: i32, width: i32, begin: i32, end: i32, scratch: usize): void {
  const blocks = (width + 15) / 16;
  for (let item = begin; item < end; item++) {
    const outer = item / blocks, first = (item - outer * blocks) * 16;
    const from = x + ((<usize>outer * <usize>rows * <usize>width + <usize>first) << 2);
    const to = y + ((<usize>outer * <usize>width + <usize>first) << 2);
    if (kind == SUM) block(SUM, from, width, rows, first, to);
    else if (kind == MAX) block(MAX, from, width, rows, first, to);
    else block(MIN, from, width, rows, first, to);
  }
}

/** Position of the first largest element of each row of n, or of the first NaN. */
export function argmaxRows(x: usize, y: usize, n: i32, begin: i32, end: i32, scratch: usize): void {
  for (let row = begin; row < end; row++) {
    const from = x + ((<usize>row * <usize>n) << 2);
    let best = load<f32>(from), at = 0;
    for (let i = 1; i < n; i++) {
      const value = load<f32>(from + (<usize>i << 2));
      if (value > best || (value != value && best == best)) {
        best = value;
        at = i;
      }
    }
    store<i32>(y + (<usize>row << 2), at);
  }
}
