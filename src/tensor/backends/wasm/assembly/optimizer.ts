/**
 * AdamW in one pass over parameter, gradient and moments (formulas in reference/optimizer.ts), and the sum of all squares.
 *
 * An item is a chunk of some tensor. Which one says a table with eight words for each, in ascending order of the first:
 *   0 number of its first chunk   1 elements   2 decay = lr wd (f32)   4 to 7 addresses
 */
import { loadTail, madd, storeTail } from './math';
import { squares } from './reduce';

/** Elements of a chunk, as in ../optimizer.ts. */
const CHUNK: i32 = 4096;
const ROW: usize = 32;
/** Byte offsets in a row. */
const SIZE: usize = 4, DECAY: usize = 8, P: usize = 16, G: usize = 20, M: usize = 24, V: usize = 28;

/** The row of the chunk, searched from `row` on: items come in ascending order. */
// @ts-ignore: decorator
@inline
function rowOf(row: usize, item: i32): usize {
  while (item >= load<i32>(row) + (load<i32>(row, SIZE) + CHUNK - 1) / CHUNK) row += ROW;
  return row;
}

// p <- p - (decay p + rate m / (sqrt(v correction) + eps)): the small change is computed first and rounded into p once.
// @ts-ignore: decorator
@inline
function change4(p: v128, m: v128, v: v128, decay: v128, rate: v128, correction: v128, eps: v128): v128 {
  const step = f32x4.div(f32x4.mul(rate, m), f32x4.add(f32x4.sqrt(f32x4.mul(v, correction)), eps));
  return f32x4.sub(p, madd(decay, p, step));
}

/**
 * rate = lr / (1 - b1^t), correction = 1 / (1 - b2^t), b1c = 1 - b1, b2c = 1 - b2 (computed in double precision by the caller),
 * scale a factor on the gradient.
 */
export function adamw(
  table: usize, b1: f32, b1c: f32, b2: f32, b2c: f32, rate: f32, correction: f32, eps: f32, scale: f32,
  begin: i32, end: i32, scratch: usize,
): void {
  const B1 = f32x4.splat(b1), C1 = f32x4.splat(b1c), B2 = f32x4.splat(b2), C2 = f32x4.splat(b2c);
  const R = f32x4.splat(rate), C = f32x4.splat(correction), E = f32x4.splat(eps), S = f32x4.splat(scale);
  let row = table;
  for (let item = begin; item < end; item++) {
    row = rowOf(row, item);
    const first = (item - load<i32>(row)) * CHUNK, offset = <usize>first << 2;
    const D = f32x4.splat(load<f32>(row, DECAY));
    let n = min(CHUNK, load<i32>(row, SIZE) - first);
    let p = <usize>load<u32>(row, P) + offset, g = <usize>load<u32>(row, G) + offset,
      m = <usize>load<u32>(row, M) + offset, v = <usize>load<u32>(row, V) + offset;
    for (; n >= 8; n -= 8, p += 32, g += 32, m += 32, v += 32) {
      const low = f32x4.mul(v128.load(g), S), high = f32x4.mul(v128.load(g, 16), S);
      const m0 = madd(B1, v128.load(m), f32x4.mul(C1, low)), m1 = madd(B1, v128.load(m, 16), f32x4.mul(C1, high));
      const v0 = madd(B2, v128.load(v), f32x4.mul(f32x4.mul(C2, low), low));
      const v1 = madd(B2, v128.load(v, 16), f32x4.mul(f32x4.mul(C2, high), high));
      const p0 = change4(v128.load(p), m0, v0, D, R, C, E), p1 = change4(v128.load(p, 16), m1, v1, D, R, C, E);
      v128.store(m, m1, 16);
      v128.store(m, m0);
      v128.store(v, v1, 16);
      v128.store(v, v0);
      v128.store(p, p1, 16);
      v128.store(p, p0);
    }
    for (; n > 0; n -= 4, p += 16, g += 16, m += 16, v += 16) {
      const gradient = f32x4.mul(loadTail(g, n, 0), S);
      const first = madd(B1, loadTail(m, n, 0), f32x4.mul(C1, gradient));
      const second = madd(B2, loadTail(v, n, 0), f32x4.mul(f32x4.mul(C2, gradient), gradient));
      storeTail(m, n, first);
      storeTail(v, n, second);
      storeTail(p, n, change4(loadTail(p, n, 0), first, second, D, R, C, E));
    }
  }
}

/** y[chunk] = sum of the squares in that chunk of the tensor at the first address. */
export function sumOfSquares(table: usize, y: usize, begin: i32, end: i32, scratch: usize): void {
  let row = table;
  for (let item = begin; item < end; item++) {
    row = rowOf(row, item);
    const first = (item - load<i32>(row)) * CHUNK;
    store<f32>(
      y + (<usize>item << 2),
      squares(<usize>load<u32>(row, P) + (<usize>first << 2), min(CHUNK, load<i32>(row, SIZE) - first), scratch),
    );
  }
}
