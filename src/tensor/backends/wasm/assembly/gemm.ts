/**
 * Matrix products C (+)= A B in float32, for any strides of A and B.
 *
 * Goto & van de Geijn (2008), "Anatomy of high-performance matrix multiplication": B is packed into panels of 8 columns and 256
 * rows that stay in the cache, A into panels of 6 rows, and a register tile of 6 x 8 sums runs down both: twelve vectors of
 * sums, two of B and one of A are the fifteen registers that V8 gives on x86. Packing makes every transpose case the same inner
 * loop; edges are padded with zeros in the panels and cut off when the tile is stored. (4 x 8 reaches 0.85 of the most that the
 * processor can do, 6 x 8 reaches 0.91.)
 *
 * Every element of C is summed over k in the same order whatever the size of the job, so splitting rows over threads changes no
 * bit.
 */
import { madd, sum4 } from './math';

const KC: i32 = 256;
/** Rows of a tile, as in ../matmul.ts. */
const ROWS: i32 = 6;
/** Columns packed at once: KC x NC floats of B, 1 MB. */
const NC: i32 = 1024;

// @ts-ignore: decorator
@inline
function transpose4(from: usize, step: usize, to: usize, toStep: usize): void {
  const r0 = v128.load(from), r1 = v128.load(from + step), r2 = v128.load(from + 2 * step), r3 = v128.load(from + 3 * step);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
  v128.store(to + toStep, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
  v128.store(to + 2 * toStep, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5));
  v128.store(to + 3 * toStep, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
}

/** The last two lines of a panel of A: out[k * width + line] for four k. */
// @ts-ignore: decorator
@inline
function transpose2(from: usize, step: usize, to: usize, toStep: usize): void {
  const r0 = v128.load(from), r1 = v128.load(from + step);
  const low = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  v128.store64_lane(to, low, 0);
  v128.store64_lane(to + toStep, low, 1);
  v128.store64_lane(to + 2 * toStep, high, 0);
  v128.store64_lane(to + 3 * toStep, high, 1);
}

/**
 * `lines` lines of length kc, interleaved to a panel of 6 or 8: out[k * width + line]; missing lines are zeros. Steps in
 * elements.
 */
function pack(from: usize, lineStep: i32, step: i32, kc: i32, lines: i32, width: i32, out: usize): void {
  const ls = <usize>lineStep << 2, ks = <usize>step << 2, row = <usize>width << 2;
  if (lines == width && lineStep == 1) {
    for (let k = 0; k < kc; k++, from += ks, out += row) {
      v128.store(out, v128.load(from));
      if (width == 8) v128.store(out, v128.load(from, 16), 16);
      else store<u64>(out, load<u64>(from, 16), 16);
    }
    return;
  }
  let k = 0;
  if (lines == width && step == 1) {
    for (; k + 4 <= kc; k += 4, from += 16, out += 4 * row) {
      transpose4(from, ls, out, row);
      if (width == 8) transpose4(from + 4 * ls, ls, out + 16, row);
      else transpose2(from + 4 * ls, ls, out + 16, row);
    }
  }
  for (; k < kc; k++, from += ks, out += row) {
    for (let line = 0; line < width; line++) {
      store<f32>(out + (<usize>line << 2), line < lines ? load<f32>(from + <usize>line * ls) : 0);
    }
  }
}

/**
 * C[6][8] = base + panel of A [kc][6] times panel of B [kc][8]; ldc and ldb (rows of base) in bytes. The sums start from base:
 * asking at the end whether to add what is in C, twelve times, made V8 spill them inside the loop, at less than half the speed.
 */
function tile(a: usize, b: usize, kc: i32, c: usize, ldc: usize, base: usize, ldb: usize): void {
  let c00 = v128.load(base), c01 = v128.load(base, 16);
  let c10 = v128.load(base + ldb), c11 = v128.load(base + ldb, 16);
  let c20 = v128.load(base + 2 * ldb), c21 = v128.load(base + 2 * ldb, 16);
  let c30 = v128.load(base + 3 * ldb), c31 = v128.load(base + 3 * ldb, 16);
  let c40 = v128.load(base + 4 * ldb), c41 = v128.load(base + 4 * ldb, 16);
  let c50 = v128.load(base + 5 * ldb), c51 = v128.load(base + 5 * ldb, 16);
  const end = b + (<usize>kc << 5);
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
    a += 24;
    b += 32;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c + ldc, c10);
  v128.store(c + ldc, c11, 16);
  v128.store(c + 2 * ldc, c20);
  v128.store(c + 2 * ldc, c21, 16);
  v128.store(c + 3 * ldc, c30);
  v128.store(c + 3 * ldc, c31, 16);
  v128.store(c + 4 * ldc, c40);
  v128.store(c + 4 * ldc, c41, 16);
  v128.store(c + 5 * ldc, c50);
  v128.store(c + 5 * ldc, c51, 16);
}

/** One product with all of its operands in place; `add` keeps what is in C. Strides in elements. */
export function product(
  a: usize, aRow: i32, aCol: i32, b: usize, bRow: i32, bCol: i32, c: usize, ldc: i32,
  M: i32, N: i32, K: i32, add: bool, scratch: usize,
): void {
  const aPanel = scratch, edge = aPanel + <usize>(KC * ROWS * 4), zeros = edge + <usize>(ROWS * 32), bPanels = zeros + 64;
  const ldcBytes = <usize>ldc << 2;
  v128.store(zeros, f32x4.splat(0));
  v128.store(zeros, f32x4.splat(0), 16);
  for (let n0 = 0; n0 < N; n0 += NC) {
    const nc = min(NC, N - n0), panels = (nc + 7) >> 3;
    for (let k0 = 0; k0 < K; k0 += KC) {
      const kc = min(KC, K - k0), panelBytes = <usize>kc << 5;
      const sum = add || k0 > 0;
      for (let p = 0; p < panels; p++) {
        const column = n0 + p * 8;
        const from = b + ((<usize>k0 * <usize>bRow + <usize>column * <usize>bCol) << 2);
        pack(from, bCol, bRow, kc, min(8, nc - p * 8), 8, bPanels + <usize>p * panelBytes);
      }
      for (let i = 0; i < M; i += ROWS) {
        const rows = min(ROWS, M - i);
        pack(a + ((<usize>i * <usize>aRow + <usize>k0 * <usize>aCol) << 2), aRow, aCol, kc, rows, ROWS, aPanel);
        const cRow = c + <usize>i * ldcBytes + (<usize>n0 << 2);
        for (let p = 0; p < panels; p++) {
          const columns = min(8, nc - p * 8);
          const to = cRow + (<usize>p << 5), panel = bPanels + <usize>p * panelBytes;
          if (rows == ROWS && columns == 8) {
            tile(aPanel, panel, kc, to, ldcBytes, sum ? to : zeros, sum ? ldcBytes : 0);
            continue;
          }
          tile(aPanel, panel, kc, edge, 32, zeros, 0);
          for (let r = 0; r < rows; r++) {
            for (let s = 0; s < columns; s++) {
              const at = to + <usize>r * ldcBytes + (<usize>s << 2);
              const value = load<f32>(edge + (<usize>(r * 8 + s) << 2));
              store<f32>(at, sum ? load<f32>(at) + value : value);
            }
          }
        }
      }
    }
  }
}

/**
 * A batch of products. Items are tile rows (6 rows) of one product after the other; C is row-major [batch, M, N].
 * With `add`, C holds what is to be added to (a bias, a residual).
 */
export function gemm(
  a: usize, aBatch: i32, aRow: i32, aCol: i32, b: usize, bBatch: i32, bRow: i32, bCol: i32, c: usize,
  M: i32, N: i32, K: i32, add: i32, begin: i32, end: i32, scratch: usize,
): void {
  const blocks = (M + ROWS - 1) / ROWS;
  let item = begin;
  while (item < end) {
    const batch = item / blocks, first = item - batch * blocks;
    const last = min(blocks, first + end - item);
    const row = first * ROWS, rows = min(M, last * ROWS) - row;
    product(
      a + ((<usize>batch * <usize>aBatch + <usize>row * <usize>aRow) << 2), aRow, aCol,
      b + ((<usize>batch * <usize>bBatch) << 2), bRow, bCol,
      c + ((<usize>batch * <usize>(M * N) + <usize>row * <usize>N) << 2), N,
      rows, N, K, add != 0, scratch,
    );
    item += last - first;
  }
}

/**
 * The most multiply-adds this processor does: ten independent chains in registers, no memory. 80 floating-point operations per
 * iteration, `end - begin` iterations. What bench/ measures the products against.
 */
export function ceiling(out: usize, begin: i32, end: i32, scratch: usize): void {
  const x = f32x4.splat(1.0000001), y = f32x4.splat(1e-9);
  let a = x, b = y, c = x, d = y, e = x, f = y, g = x, h = y, i = x, j = y;
  for (let n = begin; n < end; n++) {
    a = madd(a, x, y);
    b = madd(b, x, y);
    c = madd(c, x, y);
    d = madd(d, x, y);
    e = madd(e, x, y);
    f = madd(f, x, y);
    g = madd(g, x, y);
    h = madd(h, x, y);
    i = madd(i, x, y);
    j = madd(j, x, y);
  }
  const left = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(e, f));
  v128.store(scratch, f32x4.add(left, f32x4.add(f32x4.add(g, h), f32x4.add(i, j))));
}

/**
 * One to three rows against a matrix whose columns lie in one piece (a weight [N, K] used transposed): decoding one token.
 * Packing would cost more than the product, so each output is a dot product straight from memory, four at a time so that a row
 * is loaded once for them. C[m][n] = base[m baseRow + n] + the product; base 0 stands for zeros. Items are the outputs; steps
 * in elements.
 */
export function dotRows(
  a: usize, aRow: i32, b: usize, bCol: i32, c: usize, base: usize, baseRow: i32, M: i32, N: i32, K: i32,
  begin: i32, end: i32, scratch: usize,
): void {
  const step = <usize>bCol << 2;
  for (let m = 0; m < M; m++) {
    const row = a + ((<usize>m * <usize>aRow) << 2);
    const to = c + (<usize>(m * N) << 2), from = base + (<usize>(m * baseRow) << 2);
    let n = begin;
    for (; n + 4 <= end; n += 4) {
      const sums = dots4(row, b + <usize>n * step, step, K);
      v128.store(to + (<usize>n << 2), base != 0 ? f32x4.add(v128.load(from + (<usize>n << 2)), sums) : sums);
    }
    for (; n < end; n++) {
      const sum = dot1(row, b + <usize>n * step, K);
      store<f32>(to + (<usize>n << 2), base != 0 ? load<f32>(from + (<usize>n << 2)) + sum : sum);
    }
  }
}

/**
 * Four dot products of x with rows `step` bytes apart, one after the other: read side by side, they come from memory at a
 * quarter of the speed, because the processor then no longer fetches ahead. Each is summed in exactly the order of `dot1`.
 */
// @ts-ignore: decorator
@inline
export function dots4(x: usize, y: usize, step: usize, K: i32): v128 {
  const y1 = y + step, y2 = y1 + step, y3 = y2 + step;
  const r0 = lanes(x, y, K), r1 = lanes(x, y1, K), r2 = lanes(x, y2, K), r3 = lanes(x, y3, K);
  // Transposed, so that (lane 0 + lane 1) + (lane 2 + lane 3) of each is an addition of whole vectors, as in `sum4`.
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  const low = f32x4.add(v128.shuffle<f32>(t0, t2, 0, 1, 4, 5), v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
  const high = f32x4.add(v128.shuffle<f32>(t1, t3, 0, 1, 4, 5), v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
  let sums = f32x4.add(low, high);
  for (let at = <usize>(K & ~15) << 2, end = <usize>K << 2; at < end; at += 4) {
    let column = f32x4.splat(load<f32>(y + at));
    column = f32x4.replace_lane(column, 1, load<f32>(y1 + at));
    column = f32x4.replace_lane(column, 2, load<f32>(y2 + at));
    column = f32x4.replace_lane(column, 3, load<f32>(y3 + at));
    sums = f32x4.add(sums, f32x4.mul(v128.load32_splat(x + at), column));
  }
  return sums;
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
