/**
 * Sums, largest and smallest values, positions of the largest.
 *
 * Long sums are taken in a fixed tree, whatever the number of threads: pieces of 512 elements in sixteen interleaved float32
 * sums, eight pieces to a run, then the sums of the runs. No number goes through more than 45 additions per level, so the
 * rounding error stays below 45 x 2^-24 = 3e-6 of the sum of sizes per level, and near 5e-7 in practice. max and min propagate
 * NaN.
 */
import { loadTail, max4, pair, sum4 } from './math';

/** Elements that one item of `rowReduce` combines, as in ../reduce.ts. */
const RUN: i32 = 4096;
/** Elements added up before they are added to the total of a run. */
const PIECE: i32 = 512;
/** Rows added up before they are added to the total of a column. */
const STRIP: i32 = 64;

// Classes, as in unary.ts: what a total begins with, how a vector goes into it, how two totals are one, and how four lanes are.
// @ts-ignore: decorator
@unmanaged class Sum {
  // @ts-ignore: decorator
  @inline neutral(): f32 { return 0; }
  // @ts-ignore: decorator
  @inline add(total: v128, x: v128): v128 { return f32x4.add(total, x); }
  // @ts-ignore: decorator
  @inline join(a: v128, b: v128): v128 { return f32x4.add(a, b); }
  // @ts-ignore: decorator
  @inline across(x: v128): f32 { return sum4(x); }
}
// @ts-ignore: decorator
@unmanaged class Largest {
  // @ts-ignore: decorator
  @inline neutral(): f32 { return -Infinity; }
  // @ts-ignore: decorator
  @inline add(total: v128, x: v128): v128 { return f32x4.max(total, x); }
  // @ts-ignore: decorator
  @inline join(a: v128, b: v128): v128 { return f32x4.max(a, b); }
  // @ts-ignore: decorator
  @inline across(x: v128): f32 { return max4(x); }
}
// @ts-ignore: decorator
@unmanaged class Smallest {
  // @ts-ignore: decorator
  @inline neutral(): f32 { return Infinity; }
  // @ts-ignore: decorator
  @inline add(total: v128, x: v128): v128 { return f32x4.min(total, x); }
  // @ts-ignore: decorator
  @inline join(a: v128, b: v128): v128 { return f32x4.min(a, b); }
  // @ts-ignore: decorator
  @inline across(x: v128): f32 { return -max4(f32x4.neg(x)); }
}
// @ts-ignore: decorator
@unmanaged class Squares {
  // @ts-ignore: decorator
  @inline neutral(): f32 { return 0; }
  // @ts-ignore: decorator
  @inline add(total: v128, x: v128): v128 { return f32x4.add(total, f32x4.mul(x, x)); }
  // @ts-ignore: decorator
  @inline join(a: v128, b: v128): v128 { return f32x4.add(a, b); }
  // @ts-ignore: decorator
  @inline across(x: v128): f32 { return sum4(x); }
}

/** `spare` is for `pair`. */
function run<F>(x: usize, n: i32, spare: usize): f32 {
  const f = changetype<F>(0);
  const start = f32x4.splat(f.neutral());
  let total = start;
  while (n > 0) {
    let m = min(n, PIECE);
    n -= m;
    let a = start, b = a, c = a, d = a;
    for (; m >= 16; m -= 16, x += 64) {
      a = f.add(a, v128.load(x));
      b = f.add(b, v128.load(x, 16));
      c = f.add(c, v128.load(x, 32));
      d = f.add(d, v128.load(x, 48));
    }
    pair(a, b, spare);
    pair(c, d, spare + 32);
    for (; m >= 4; m -= 4, x += 16) a = f.add(a, v128.load(x));
    if (m > 0) b = f.add(b, loadTail(x, m, f.neutral()));
    total = f.join(total, f.join(f.join(a, b), f.join(c, d)));
  }
  return f.across(total);
}

/** Sum of the squares of n elements. */
export function squares(x: usize, n: i32, spare: usize): f32 {
  return run<Squares>(x, n, spare);
}

/** Rows of n elements, `runs` items each; y[item]. `kind`: 0 sum, 1 largest, 2 smallest. */
export function rowReduce(kind: i32, x: usize, y: usize, n: i32, runs: i32, begin: i32, end: i32, scratch: usize): void {
  for (let item = begin; item < end; item++) {
    const row = item / runs, first = (item - row * runs) * RUN;
    const from = x + ((<usize>row * <usize>n + <usize>first) << 2), count = runs == 1 ? n : min(RUN, n - first);
    let value: f32;
    if (kind == 0) value = run<Sum>(from, count, scratch);
    else if (kind == 1) value = run<Largest>(from, count, scratch);
    else value = run<Smallest>(from, count, scratch);
    store<f32>(y + (<usize>item << 2), value);
  }
}

/** Sixteen columns over all rows. */
function columns16<F>(x: usize, step: usize, rows: i32, y: usize): void {
  const f = changetype<F>(0);
  const start = f32x4.splat(f.neutral());
  let a = start, b = a, c = a, d = a;
  for (let first = 0; first < rows; first += STRIP) {
    let p = start, q = start, r = start, s = start;
    for (let i = min(STRIP, rows - first); i > 0; i--, x += step) {
      p = f.add(p, v128.load(x));
      q = f.add(q, v128.load(x, 16));
      r = f.add(r, v128.load(x, 32));
      s = f.add(s, v128.load(x, 48));
    }
    a = f.join(a, p);
    b = f.join(b, q);
    c = f.join(c, r);
    d = f.join(d, s);
  }
  v128.store(y, b, 16);
  v128.store(y, a);
  v128.store(y, d, 48);
  v128.store(y, c, 32);
}

function column<F>(x: usize, step: usize, rows: i32): f32 {
  const f = changetype<F>(0);
  const start = f32x4.splat(f.neutral());
  let total = start;
  for (let first = 0; first < rows; first += STRIP) {
    let strip = start;
    for (let i = min(STRIP, rows - first); i > 0; i--, x += step) strip = f.add(strip, v128.load32_splat(x));
    total = f.join(total, strip);
  }
  return f32x4.extract_lane(total, 0);
}

// @ts-ignore: decorator
@inline
function block<F>(x: usize, width: i32, rows: i32, first: i32, y: usize): void {
  const step = <usize>width << 2;
  if (first + 16 <= width) {
    columns16<F>(x, step, rows, y);
    return;
  }
  for (let i = first; i < width; i++, x += 4, y += 4) store<f32>(y, column<F>(x, step, rows));
}

/** [outer, rows, width] -> [outer, width]. An item is a block of 16 columns. */
export function columnReduce(kind: i32, x: usize, y: usize, rows: i32, width: i32, begin: i32, end: i32, scratch: usize): void {
  const blocks = (width + 15) / 16;
  for (let item = begin; item < end; item++) {
    const outer = item / blocks, first = (item - outer * blocks) * 16;
    const from = x + ((<usize>outer * <usize>rows * <usize>width + <usize>first) << 2);
    const to = y + ((<usize>outer * <usize>width + <usize>first) << 2);
    if (kind == 0) block<Sum>(from, width, rows, first, to);
    else if (kind == 1) block<Largest>(from, width, rows, first, to);
    else block<Smallest>(from, width, rows, first, to);
  }
}

/** Position of the first largest element of each row of n, or of the first NaN. */
export function argmaxRows(x: usize, y: usize, n: i32, begin: i32, end: i32, scratch: usize): void {
  for (let row = begin; row < end; row++) {
    const from = x + ((<usize>row * <usize>n) << 2);
    store<i32>(y + (<usize>row << 2), positionOf(run<Largest>(from, n, scratch), from, n));
  }
}

/** Where the number first is; it is there. */
function positionOf(value: f32, x: usize, n: i32): i32 {
  const isNumber = value == value, wanted = f32x4.splat(value);
  let i = 0;
  if (isNumber) while (i + 4 <= n && !v128.any_true(f32x4.eq(v128.load(x + (<usize>i << 2)), wanted))) i += 4;
  for (; i < n; i++) {
    const candidate = load<f32>(x + (<usize>i << 2));
    if (isNumber ? candidate == value : candidate != candidate) break;
  }
  return i;
}
