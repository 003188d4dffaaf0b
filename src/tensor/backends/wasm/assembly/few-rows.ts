/**
 * Products of few rows with a matrix whose columns lie in one piece (a weight [N, K] used transposed): decoding, one token of
 * each of 1 to 128 texts. Packing would cost more than the product, so each output is a dot product straight from memory, in
 * tiles of four columns (dot-tiles.ts).
 *
 * Each output is summed in one order: eight sums of every eighth product, p + q of their vectors, the four lanes, and what is
 * left of K one by one. So the width of the registers, the number of threads and the rows beside it change no bit of a row: a
 * text is decoded alike alone and in any batch.
 */
import { dots1x4v2, dots1x8v2, dots2x4v2, dots3x4v1 } from './dot-tiles';
import { madd, sum4 } from './math';

/** 1 where V8 makes 256-bit operations of pairs of vectors (../width.ts finds out), else 0. */
// @ts-ignore: decorator
@external('env', 'wide')
declare const WIDE: i32;

/** Bytes of x that stay in the nearest cache while the weights pass by. */
const NEAR: i32 = 16384;
/** Bytes from one output's sums to the next, and from one row's to the next. */
const SUMS: usize = 32;
const ROW: usize = 4 * SUMS;

/**
 * C[m][n] = base[m baseRow + n] + A B; base 0 stands for zeros. Items are the columns; steps in elements.
 */
export function dotRows(
  a: usize, aRow: i32, b: usize, bCol: i32, c: usize, base: usize, baseRow: i32, M: i32, N: i32, K: i32,
  begin: i32, end: i32, scratch: usize,
): void {
  const xs = <usize>aRow << 2, ws = <usize>bCol << 2, cs = <usize>N << 2, bs = <usize>baseRow << 2;
  const block = max(6, NEAR / (K << 2) / 6 * 6);
  if (M == 1) {
    for (; begin + 8 <= end; begin += 8) {
      const w = b + <usize>begin * ws, at = <usize>begin << 2;
      dots1x8v2(a, 0, w, ws, K >> 3, scratch);
      put(c + at, base != 0 ? base + at : 0, total4(scratch, a, w, ws, K));
      put(c + at + 16, base != 0 ? base + at + 16 : 0, total4(scratch + ROW, a, w + 4 * ws, ws, K));
    }
  }
  for (let m0 = 0; m0 < M; m0 += block) {
    const last = min(M, m0 + block);
    const x0 = a + <usize>m0 * xs;
    let n = begin;
    for (; n + 4 <= end; n += 4) {
      const w = b + <usize>n * ws;
      let x = x0, to = c + <usize>m0 * cs + (<usize>n << 2), from = base + <usize>m0 * bs + (<usize>n << 2);
      for (let m = m0; m < last; ) {
        const rows = sums(x, xs, w, ws, K, last - m, scratch);
        for (let r: usize = 0; r < <usize>rows; r++, x += xs, to += cs, from += bs) {
          put(to, base != 0 ? from : 0, total4(scratch + r * ROW, x, w, ws, K));
        }
        m += rows;
      }
    }
    for (; n < end; n++) {
      for (let m = m0; m < last; m++) {
        const sum = dot8(a + <usize>m * xs, b + <usize>n * ws, K);
        const at = <usize>m * cs + (<usize>n << 2), from = base + <usize>m * bs + (<usize>n << 2);
        store<f32>(c + at, base != 0 ? load<f32>(from) + sum : sum);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function put(to: usize, from: usize, four: v128): void {
  v128.store(to, from != 0 ? f32x4.add(v128.load(from), four) : four);
}

/** The sums of four columns and as many of the `left` rows as the best tile has; returns how many those are. */
// @ts-ignore: decorator
@inline
function sums(x: usize, xs: usize, w: usize, ws: usize, K: i32, left: i32, out: usize): i32 {
  const n = K >> 3;
  if (WIDE && left >= 2) {
    dots2x4v2(x, xs, w, ws, n, out);
    return 2;
  }
  if (!WIDE && left >= 3) {
    dots3x4v1(x, xs, w, ws, n, out);
    dots3x4v1(x + 16, xs, w + 16, ws, n, out + 16);
    return 3;
  }
  dots1x4v2(x, xs, w, ws, n, out);
  return 1;
}

/** p + q of one output. */
// @ts-ignore: decorator
@inline
function lanesAt(at: usize): v128 {
  return f32x4.add(v128.load(at), v128.load(at, 16));
}

/** Four outputs of a row: their sums added up, and the products beyond the last whole eight. */
// @ts-ignore: decorator
@inline
function total4(at: usize, x: usize, w: usize, ws: usize, K: i32): v128 {
  const sums = totalOf(lanesAt(at), lanesAt(at + SUMS), lanesAt(at + 2 * SUMS), lanesAt(at + 3 * SUMS));
  return rest4(sums, x, w, ws, K & ~7, K);
}

/** Transposed, so that (lane 0 + lane 1) + (lane 2 + lane 3) of each is an addition of whole vectors, as in `sum4`. */
// @ts-ignore: decorator
@inline
function totalOf(r0: v128, r1: v128, r2: v128, r3: v128): v128 {
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  const low = f32x4.add(v128.shuffle<f32>(t0, t2, 0, 1, 4, 5), v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
  const high = f32x4.add(v128.shuffle<f32>(t1, t3, 0, 1, 4, 5), v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
  return f32x4.add(low, high);
}

/** Products k..K added to the sums, one by one. */
// @ts-ignore: decorator
@inline
function rest4(sums: v128, x: usize, w: usize, ws: usize, k: i32, K: i32): v128 {
  for (let at = <usize>k << 2, end = <usize>K << 2; at < end; at += 4) {
    let column = f32x4.splat(load<f32>(w + at));
    column = f32x4.replace_lane(column, 1, load<f32>(w + ws + at));
    column = f32x4.replace_lane(column, 2, load<f32>(w + 2 * ws + at));
    column = f32x4.replace_lane(column, 3, load<f32>(w + 3 * ws + at));
    sums = f32x4.add(sums, f32x4.mul(v128.load32_splat(x + at), column));
  }
  return sums;
}

/** One output, in the order of the tiles. */
function dot8(x: usize, w: usize, K: i32): f32 {
  let p = f32x4.splat(0), q = p, k = 8;
  for (; k <= K; k += 8, x += 32, w += 32) {
    p = madd(v128.load(x), v128.load(w), p);
    q = madd(v128.load(x, 16), v128.load(w, 16), q);
  }
  let sum = sum4(f32x4.add(p, q));
  for (k -= 8; k < K; k++, x += 4, w += 4) sum += load<f32>(x) * load<f32>(w);
  return sum;
}

/**
 * Keys or values of one new token of each text into a cache: items (b, k) are rows of d, and that of text b goes to column
 * starts[b]. Steps in elements.
 */
export function storeTokens(
  cache: usize, cBatch: i32, cHead: i32, cTime: i32, tokens: usize, tBatch: i32, tHead: i32, starts: usize, K: i32, d: i32,
  begin: i32, end: i32, scratch: usize,
): void {
  for (let item = begin; item < end; item++) {
    const b = item / K, k = item % K, t = load<i32>(starts + (<usize>b << 2));
    const to = <usize>b * <usize>cBatch + <usize>k * <usize>cHead + <usize>t * <usize>cTime;
    memory.copy(cache + (to << 2), tokens + ((<usize>b * <usize>tBatch + <usize>k * <usize>tHead) << 2), <usize>d << 2);
  }
}

/** Four dot products of x with rows `step` bytes apart, one after the other; each is summed in the order of `dot1`. */
// @ts-ignore: decorator
@inline
export function dots4(x: usize, y: usize, step: usize, K: i32): v128 {
  const y1 = y + step, y2 = y1 + step, y3 = y2 + step;
  return rest4(totalOf(lanes(x, y, K), lanes(x, y1, K), lanes(x, y2, K), lanes(x, y3, K)), x, y, step, K & ~15, K);
}

/** One dot product of K numbers. */
// @ts-ignore: decorator
@inline
export function dot1(x: usize, y: usize, K: i32): f32 {
  let sum = sum4(lanes(x, y, K));
  for (let at = <usize>(K & ~15) << 2, end = <usize>K << 2; at < end; at += 4) sum += load<f32>(x + at) * load<f32>(y + at);
  return sum;
}

/** The products of all whole sixteens, in four sums. */
// @ts-ignore: decorator
@inline
function lanes(x: usize, y: usize, K: i32): v128 {
  let p = f32x4.splat(0), q = p, r = p, s = p;
  for (const end = x + (<usize>(K & ~15) << 2); x < end; x += 64, y += 64) {
    p = madd(v128.load(x), v128.load(y), p);
    q = madd(v128.load(x, 16), v128.load(y, 16), q);
    r = madd(v128.load(x, 32), v128.load(y, 32), r);
    s = madd(v128.load(x, 48), v128.load(y, 48), s);
  }
  return f32x4.add(f32x4.add(p, q), f32x4.add(r, s));
}
