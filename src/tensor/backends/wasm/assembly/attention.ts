/**
 * Causal attention, 24 queries at a time, without ever storing T x S scores of all heads.
 *
 *   forward    S = scale Q K^T;  P = softmax(S);  Y = P V;  the logarithm of each row's normalizer L is kept instead of P
 *   adjoint    P = e^(S - L);  dV += P^T dY;  dP = dY V^T;  dS = scale P (dP - sum(dY Y));  dQ = dS K;  dK += dS^T Q
 *
 * (Dao et al. 2022, FlashAttention, algorithm 4, with whole rows of keys.) Query i of T sees keys 0 .. S - T + i; a mask, if
 * there is one, hides more (padding, other documents). Keys beyond a block's last query are never computed. Strides are in
 * elements; the innermost (d) is 1. y and dy are [B, T, H, d] row-major, L is [B, H, T].
 */
import { dot1, dots4 } from './few-rows';
import { product } from './gemm';
import { exp4, loadTail, madd, max4, storeTail, sum4 } from './math';

const BLOCK: i32 = 24; // four rows of tiles; 32 leaves the sixth of them mostly empty and is 13 % slower
/** The product's own panels lie in front. */
const PRODUCT_SCRATCH: usize = 1310720;
const HIDDEN: f32 = -1e30;

/** Scores of queries first..first+rows of one head: S [rows, width] with hidden ones at HIDDEN. */
function scoreBlock(
  q: usize, qTime: i32, k: usize, kTime: i32, mask: usize, T: i32, S: i32, d: i32, scale: f32,
  first: i32, rows: i32, width: i32, scores: usize, scratch: usize,
): void {
  product(q + ((<usize>first * <usize>qTime) << 2), qTime, 1, k, 1, kTime, scores, width, rows, width, d, false, scratch);
  const past = S - T;
  const factor = f32x4.splat(scale);
  for (let r = 0; r < rows; r++) {
    const row = scores + ((<usize>r * <usize>width) << 2);
    const visible = min(width, past + first + r + 1);
    let j = 0;
    if (mask != 0) {
      const blocked = mask + ((<usize>(first + r) * <usize>S) << 2);
      const hidden = f32x4.splat(HIDDEN), zero = f32x4.splat(0);
      for (; j + 4 <= visible; j += 4) {
        const at = row + (<usize>j << 2);
        const seen = f32x4.eq(v128.load(blocked + (<usize>j << 2)), zero);
        v128.store(at, v128.bitselect(f32x4.mul(v128.load(at), factor), hidden, seen));
      }
      for (; j < visible; j++) {
        const at = row + (<usize>j << 2);
        store<f32>(at, load<f32>(blocked + (<usize>j << 2)) == 0 ? load<f32>(at) * scale : HIDDEN);
      }
    } else {
      for (; j + 4 <= visible; j += 4) {
        const at = row + (<usize>j << 2);
        v128.store(at, f32x4.mul(v128.load(at), factor));
      }
      for (; j < visible; j++) {
        const at = row + (<usize>j << 2);
        store<f32>(at, load<f32>(at) * scale);
      }
    }
    for (; j < width; j++) store<f32>(row + (<usize>j << 2), HIDDEN);
  }
}

/** Turn a row of scores into probabilities; returns the logarithm of the normalizer. */
function softmaxRow(row: usize, width: i32): f32 {
  const vectors = width & ~3, rest = width & 3;
  let best = f32x4.splat(-Infinity);
  let j = 0;
  for (; j < vectors; j += 4) best = f32x4.max(best, v128.load(row + (<usize>j << 2)));
  if (rest > 0) best = f32x4.max(best, loadTail(row + (<usize>j << 2), rest, -Infinity));
  const top = max4(best), shift = f32x4.splat(top);
  let sums = f32x4.splat(0);
  for (j = 0; j < vectors; j += 4) {
    const e = exp4(f32x4.sub(v128.load(row + (<usize>j << 2)), shift));
    v128.store(row + (<usize>j << 2), e);
    sums = f32x4.add(sums, e);
  }
  if (rest > 0) {
    const e = exp4(f32x4.sub(loadTail(row + (<usize>j << 2), rest, -Infinity), shift));
    storeTail(row + (<usize>j << 2), rest, e);
    sums = f32x4.add(sums, e);
  }
  const sum = sum4(sums);
  scaleRow(row, width, 1 / sum);
  return top + <f32>Math.log(<f64>sum);
}

function scaleRow(row: usize, width: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  let j = 0;
  for (; j + 4 <= width; j += 4) {
    const at = row + (<usize>j << 2);
    v128.store(at, f32x4.mul(v128.load(at), factors));
  }
  for (; j < width; j++) {
    const at = row + (<usize>j << 2);
    store<f32>(at, load<f32>(at) * factor);
  }
}

/**
 * One query against S keys (decoding a token): too little work to be worth packing for a product. Returns the logarithm of the
 * normalizer.
 */
function oneQuery(
  q: usize, k: usize, kTime: i32, v: usize, vTime: i32, mask: usize, y: usize, S: i32, d: i32, scale: f32, scores: usize,
): f32 {
  const kStep = <usize>kTime << 2, vStep = <usize>vTime << 2, factor = f32x4.splat(scale);
  let j = 0;
  for (; j + 4 <= S; j += 4) v128.store(scores + (<usize>j << 2), f32x4.mul(dots4(q, k + <usize>j * kStep, kStep, d), factor));
  for (; j < S; j++) store<f32>(scores + (<usize>j << 2), dot1(q, k + <usize>j * kStep, d) * scale);
  if (mask != 0) {
    for (j = 0; j < S; j++) if (load<f32>(mask + (<usize>j << 2)) != 0) store<f32>(scores + (<usize>j << 2), HIDDEN);
  }
  const logSum = softmaxRow(scores, S);
  let i = 0;
  for (; i + 16 <= d; i += 16) {
    let a = f32x4.splat(0), b = a, e = a, f = a;
    let from = v + (<usize>i << 2);
    for (j = 0; j < S; j++, from += vStep) {
      const p = v128.load32_splat(scores + (<usize>j << 2));
      a = madd(p, v128.load(from), a);
      b = madd(p, v128.load(from, 16), b);
      e = madd(p, v128.load(from, 32), e);
      f = madd(p, v128.load(from, 48), f);
    }
    const to = y + (<usize>i << 2);
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, e, 32);
    v128.store(to, f, 48);
  }
  for (; i < d; i++) {
    let sum: f32 = 0, from = v + (<usize>i << 2);
    for (j = 0; j < S; j++, from += vStep) sum += load<f32>(scores + (<usize>j << 2)) * load<f32>(from);
    store<f32>(y + (<usize>i << 2), sum);
  }
  return logSum;
}

/**
 * Items are heads (b, h). Query head h reads key-value head h / G. With one query and `past`, row b has its own number of keys,
 * past[b] before the query's; with 0 for an address all rows have S.
 */
export function attention(
  q: usize, qBatch: i32, qHead: i32, qTime: i32, k: usize, kBatch: i32, kHead: i32, kTime: i32,
  v: usize, vBatch: i32, vHead: i32, vTime: i32, mask: usize, maskBatch: i32, past: usize, y: usize, logSums: usize,
  H: i32, G: i32, T: i32, S: i32, d: i32, scale: f32, begin: i32, end: i32, scratch: usize,
): void {
  const scores = scratch + PRODUCT_SCRATCH;
  for (let item = begin; item < end; item++) {
    const b = item / H, h = item % H, kv = h / G;
    const qAt = q + ((<usize>b * <usize>qBatch + <usize>h * <usize>qHead) << 2);
    const kAt = k + ((<usize>b * <usize>kBatch + <usize>kv * <usize>kHead) << 2);
    const vAt = v + ((<usize>b * <usize>vBatch + <usize>kv * <usize>vHead) << 2);
    const maskAt = mask == 0 ? <usize>0 : mask + ((<usize>b * <usize>maskBatch) << 2);
    const yAt = y + ((<usize>b * <usize>(T * H * d) + <usize>(h * d)) << 2);
    if (T == 1) {
      const own = past == 0 ? S : load<i32>(past + (<usize>b << 2)) + 1;
      store<f32>(logSums + (<usize>item << 2), oneQuery(qAt, kAt, kTime, vAt, vTime, maskAt, yAt, own, d, scale, scores));
      continue;
    }
    for (let first = 0; first < T; first += BLOCK) {
      const rows = min(BLOCK, T - first), width = S - T + first + rows;
      scoreBlock(qAt, qTime, kAt, kTime, maskAt, T, S, d, scale, first, rows, width, scores, scratch);
      for (let r = 0; r < rows; r++) {
        const logSum = softmaxRow(scores + ((<usize>r * <usize>width) << 2), width);
        store<f32>(logSums + (<usize>(item * T + first + r) << 2), logSum);
      }
      product(scores, width, 1, vAt, vTime, 1, yAt + ((<usize>first * <usize>(H * d)) << 2), H * d, rows, d, width,
          false, scratch);
    }
  }
}

/**
 * Items are key-value heads (b, kv); the G query heads of each add up in order. dq is [B, H, T, d], dk and dv are [B, K, S, d],
 * row-major.
 */
export function attentionAdjoint(
  q: usize, qBatch: i32, qHead: i32, qTime: i32, k: usize, kBatch: i32, kHead: i32, kTime: i32,
  v: usize, vBatch: i32, vHead: i32, vTime: i32, mask: usize, maskBatch: i32, y: usize, logSums: usize, dy: usize,
  dq: usize, dk: usize, dv: usize, H: i32, G: i32, T: i32, S: i32, d: i32, scale: f32, begin: i32, end: i32, scratch: usize,
): void {
  const probabilities = scratch + PRODUCT_SCRATCH;
  const grads = probabilities + <usize>(BLOCK * S * 4);
  const K = H / G;
  for (let item = begin; item < end; item++) {
    const b = item / K, kv = item % K;
    const kAt = k + ((<usize>b * <usize>kBatch + <usize>kv * <usize>kHead) << 2);
    const vAt = v + ((<usize>b * <usize>vBatch + <usize>kv * <usize>vHead) << 2);
    const maskAt = mask == 0 ? <usize>0 : mask + ((<usize>b * <usize>maskBatch) << 2);
    const dkAt = dk + ((<usize>item * <usize>(S * d)) << 2), dvAt = dv + ((<usize>item * <usize>(S * d)) << 2);
    memory.fill(dkAt, 0, <usize>(S * d) << 2);
    memory.fill(dvAt, 0, <usize>(S * d) << 2);
    for (let g = 0; g < G; g++) {
      const h = kv * G + g;
      const qAt = q + ((<usize>b * <usize>qBatch + <usize>h * <usize>qHead) << 2);
      const dqAt = dq + ((<usize>(b * H + h) * <usize>(T * d)) << 2);
      const rowsAt = (<usize>b * <usize>(T * H * d) + <usize>(h * d)) << 2;
      for (let first = 0; first < T; first += BLOCK) {
        const rows = min(BLOCK, T - first), width = S - T + first + rows;
        const upAt = dy + rowsAt + ((<usize>first * <usize>(H * d)) << 2);
        const outAt = y + rowsAt + ((<usize>first * <usize>(H * d)) << 2);
        scoreBlock(qAt, qTime, kAt, kTime, maskAt, T, S, d, scale, first, rows, width, probabilities, scratch);
        product(upAt, H * d, 1, vAt, 1, vTime, grads, width, rows, width, d, false, scratch);
        for (let r = 0; r < rows; r++) {
          const logSum = load<f32>(logSums + (<usize>((b * H + h) * T + first + r) << 2));
          const delta = dot(upAt + ((<usize>r * <usize>(H * d)) << 2), outAt + ((<usize>r * <usize>(H * d)) << 2), d);
          const row = (<usize>r * <usize>width) << 2;
          adjointRow(probabilities + row, grads + row, width, logSum, delta, scale);
        }
        product(probabilities, 1, width, upAt, H * d, 1, dvAt, d, width, d, rows, true, scratch);
        product(grads, width, 1, kAt, kTime, 1, dqAt + ((<usize>(first * d)) << 2), d, rows, d, width, false, scratch);
        product(grads, 1, width, qAt + ((<usize>first * <usize>qTime) << 2), qTime, 1, dkAt, d, width, d, rows, true, scratch);
      }
    }
  }
}

/** scores -> P = e^(s - L) and dP -> dS = scale P (dP - delta), both in place. */
function adjointRow(scores: usize, grads: usize, width: i32, logSum: f32, delta: f32, scale: f32): void {
  const shift = f32x4.splat(logSum), minus = f32x4.splat(delta), factor = f32x4.splat(scale);
  let j = 0;
  for (; j + 4 <= width; j += 4) {
    const at = <usize>j << 2;
    const p = exp4(f32x4.sub(v128.load(scores + at), shift));
    v128.store(scores + at, p);
    v128.store(grads + at, f32x4.mul(f32x4.mul(p, factor), f32x4.sub(v128.load(grads + at), minus)));
  }
  const rest = width - j;
  if (rest > 0) {
    const at = <usize>j << 2;
    const p = exp4(f32x4.sub(loadTail(scores + at, rest, 0), shift));
    storeTail(scores + at, rest, p);
    storeTail(grads + at, rest, f32x4.mul(f32x4.mul(p, factor), f32x4.sub(loadTail(grads + at, rest, 0), minus)));
  }
}

function dot(a: usize, b: usize, n: i32): f32 {
  let sums = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) sums = madd(v128.load(a + (<usize>i << 2)), v128.load(b + (<usize>i << 2)), sums);
  let sum = sum4(sums);
  for (; i < n; i++) sum += load<f32>(a + (<usize>i << 2)) * load<f32>(b + (<usize>i << 2));
  return sum;
}
