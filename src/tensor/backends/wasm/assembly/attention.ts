/**
 * Causal attention, 24 queries at a time, without ever storing T x S scores of all heads.
 *
 *   forward    S = scale Q K^T;  P = softmax(S);  Y = P V;  the logarithm of each row's normalizer L is kept instead of P
 *   adjoint    P = e^(S - L);  dV += P^T dY;  dP = dY V^T;  dS = scale P (dP - sum(dY Y));  dQ = dS K;  dK += dS^T Q
 *
 * (Dao et al. 2022, FlashAttention, algorithm 4, with whole rows of keys.) Query i of T sees keys 0 .. S - T + i; a mask, if
 * there is one, hides more (padding, other documents). Keys beyond a block's last query are never computed. Keys, values and
 * whatever else stands on the right of a product are packed once for a head and used by all of its blocks. Strides are in
 * elements; the innermost (d) is 1. y and dy are [B, T, H, d] row-major, L is [B, H, T].
 */
import { dot1, dots4 } from './few-rows';
import { B_PANELS, multiplyPanels, packAll } from './gemm';
import { exp4, loadTail, madd, storeTail } from './math';
import { dotRow, logOf, rowMax, scaleRow, sumRow } from './rows';

/** Queries at a time: whole tiles of 4 or 6 rows. */
const BLOCK: i32 = 24;
/** Queries whose probabilities are kept at once for the gradients of keys and values. */
const SLAB: i32 = 128;
const HIDDEN: f32 = -1e30;

/**
 * Q K^T of queries first..first+rows of one head in rows of S, of which `width` are used: not yet scaled, those that the mask
 * hides at HIDDEN. What lies behind the keys that a query may see is not for it.
 */
function scoreBlock(
  q: usize, qTime: i32, keys: usize, mask: usize, T: i32, S: i32, d: i32,
  first: i32, rows: i32, width: i32, scores: usize, scratch: usize,
): void {
  const from = q + ((<usize>first * <usize>qTime) << 2), line = <usize>S << 2;
  multiplyPanels(from, qTime, 1, keys, S, d, 0, d, scores, S, rows, wholePanels(width, S), false, scratch);
  if (mask == 0) return;
  for (let r = 0; r < rows; r++) {
    hideRow(scores + <usize>r * line, mask + <usize>(first + r) * line, S - T + first + r + 1);
  }
}

function hideRow(row: usize, mask: usize, n: i32): void {
  const hidden = f32x4.splat(HIDDEN), zero = f32x4.splat(0);
  for (; n >= 8; n -= 8, row += 32, mask += 32) {
    const low = v128.bitselect(v128.load(row), hidden, f32x4.eq(v128.load(mask), zero));
    const high = v128.bitselect(v128.load(row, 16), hidden, f32x4.eq(v128.load(mask, 16), zero));
    v128.store(row, high, 16);
    v128.store(row, low);
  }
  for (; n > 0; n--, row += 4, mask += 4) if (load<f32>(mask) != 0) store<f32>(row, HIDDEN);
}

/** Scores of some keys too many cost less than a tile that is cut off; nobody looks at them. */
// @ts-ignore: decorator
@inline
function wholePanels(width: i32, S: i32): i32 {
  return min(S, (width + 15) & ~15);
}

/**
 * Turn the `visible` scores of a row into probabilities and those up to `width` into zeros; returns the logarithm of the
 * normalizer. `scale` is positive; `spare` is for `pair` (math.ts).
 */
function softmaxRow(row: usize, visible: i32, width: i32, scale: f32, spare: usize): f32 {
  const top = rowMax(row, visible, spare) * scale;
  expScaledRow(row, visible, scale, top);
  const sum = sumRow(row, visible, spare);
  scaleRow(row, visible, 1 / sum);
  clearRow(row, visible, width);
  return top + logOf(sum);
}

/** x = e^(scale x - shift), in place. */
function expScaledRow(x: usize, n: i32, scale: f32, shift: f32): void {
  const by = f32x4.splat(scale), s = f32x4.splat(shift);
  for (; n >= 8; n -= 8, x += 32) {
    const low = exp4(f32x4.sub(f32x4.mul(v128.load(x), by), s)), high = exp4(f32x4.sub(f32x4.mul(v128.load(x, 16), by), s));
    v128.store(x, high, 16);
    v128.store(x, low);
  }
  for (; n > 0; n -= 4, x += 16) storeTail(x, n, exp4(f32x4.sub(f32x4.mul(loadTail(x, n, 0), by), s)));
}

/** Zeros from `from` to `to`. */
function clearRow(row: usize, from: i32, to: i32): void {
  row += <usize>from << 2;
  let n = to - from;
  for (; n >= 4; n -= 4, row += 16) v128.store(row, f32x4.splat(0));
  for (; n > 0; n--, row += 4) store<f32>(row, 0);
}

/**
 * One query against S keys (decoding a token): too little work to be worth packing for a product. Returns the logarithm of the
 * normalizer.
 */
function oneQuery(
  q: usize, k: usize, kTime: i32, v: usize, vTime: i32, mask: usize, y: usize, S: i32, d: i32, scale: f32, scores: usize,
  spare: usize,
): f32 {
  const kStep = <usize>kTime << 2, vStep = <usize>vTime << 2;
  let j = 0;
  for (; j + 4 <= S; j += 4) v128.store(scores + (<usize>j << 2), dots4(q, k + <usize>j * kStep, kStep, d));
  for (; j < S; j++) store<f32>(scores + (<usize>j << 2), dot1(q, k + <usize>j * kStep, d));
  if (mask != 0) hideRow(scores, mask, S);
  const logSum = softmaxRow(scores, S, S, scale, spare);
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
    v128.store(to, b, 16);
    v128.store(to, a);
    v128.store(to, f, 48);
    v128.store(to, e, 32);
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
  const keys = scratch + B_PANELS, values = keys + panelBytes(S, d), scores = values + panelBytes(d, S);
  for (let item = begin; item < end; item++) {
    const b = item / H, h = item % H, kv = h / G;
    const qAt = q + ((<usize>b * <usize>qBatch + <usize>h * <usize>qHead) << 2);
    const kAt = k + ((<usize>b * <usize>kBatch + <usize>kv * <usize>kHead) << 2);
    const vAt = v + ((<usize>b * <usize>vBatch + <usize>kv * <usize>vHead) << 2);
    const maskAt = mask == 0 ? <usize>0 : mask + ((<usize>b * <usize>maskBatch) << 2);
    const yAt = y + ((<usize>b * <usize>(T * H * d) + <usize>(h * d)) << 2);
    if (T == 1) {
      const own = past == 0 ? S : load<i32>(past + (<usize>b << 2)) + 1;
      store<f32>(logSums + (<usize>item << 2), oneQuery(qAt, kAt, kTime, vAt, vTime, maskAt, yAt, own, d, scale, scores, scratch));
      continue;
    }
    if (item == begin || h % G == 0) {
      packAll(kAt, 1, kTime, S, d, keys);
      packAll(vAt, vTime, 1, d, S, values);
    }
    for (let first = 0; first < T; first += BLOCK) {
      const rows = min(BLOCK, T - first), width = S - T + first + rows;
      scoreBlock(qAt, qTime, keys, maskAt, T, S, d, first, rows, width, scores, scratch);
      for (let r = 0; r < rows; r++) {
        const row = scores + ((<usize>r * <usize>S) << 2);
        const logSum = softmaxRow(row, S - T + first + r + 1, width, scale, scratch);
        store<f32>(logSums + (<usize>(item * T + first + r) << 2), logSum);
      }
      const to = yAt + ((<usize>first * <usize>(H * d)) << 2);
      multiplyPanels(scores, S, 1, values, d, S, 0, width, to, H * d, rows, d, false, scratch);
    }
  }
}

/** Memory for the panels of a factor of `depth` rows; (../fused.ts counts the same). */
// @ts-ignore: decorator
@inline
function panelBytes(columns: i32, depth: i32): usize {
  return (<usize>((columns + 7) & ~7) * <usize>depth) << 2;
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
  const keys = scratch + B_PANELS, keysAcross = keys + panelBytes(d, S), valuesAcross = keysAcross + panelBytes(S, d);
  const queries = valuesAcross + panelBytes(S, d), upstream = queries + panelBytes(d, T);
  const probabilities = upstream + panelBytes(d, T), grads = probabilities + ((<usize>SLAB * <usize>S) << 2);
  const K = H / G, past = S - T, upTime = H * d, line = <usize>S << 2;
  for (let item = begin; item < end; item++) {
    const b = item / K, kv = item % K;
    const kAt = k + ((<usize>b * <usize>kBatch + <usize>kv * <usize>kHead) << 2);
    const vAt = v + ((<usize>b * <usize>vBatch + <usize>kv * <usize>vHead) << 2);
    const maskAt = mask == 0 ? <usize>0 : mask + ((<usize>b * <usize>maskBatch) << 2);
    const dkAt = dk + ((<usize>item * <usize>(S * d)) << 2), dvAt = dv + ((<usize>item * <usize>(S * d)) << 2);
    memory.fill(dkAt, 0, <usize>(S * d) << 2);
    memory.fill(dvAt, 0, <usize>(S * d) << 2);
    packAll(kAt, kTime, 1, d, S, keys); // [S, d]
    packAll(kAt, 1, kTime, S, d, keysAcross); // [d, S]
    packAll(vAt, 1, vTime, S, d, valuesAcross);
    for (let g = 0; g < G; g++) {
      const h = kv * G + g;
      const qAt = q + ((<usize>b * <usize>qBatch + <usize>h * <usize>qHead) << 2);
      const dqAt = dq + ((<usize>(b * H + h) * <usize>(T * d)) << 2);
      const rowsAt = (<usize>b * <usize>(T * H * d) + <usize>(h * d)) << 2;
      packAll(qAt, qTime, 1, d, T, queries);
      packAll(dy + rowsAt, upTime, 1, d, T, upstream);
      for (let start = 0; start < T; start += SLAB) {
        const stop = min(T, start + SLAB), seen = past + stop;
        // 1. P and dS of these queries, and from dS the gradient of the queries.
        for (let first = start; first < stop; first += BLOCK) {
          const rows = min(BLOCK, stop - first), width = past + first + rows;
          const pAt = probabilities + <usize>(first - start) * line, gAt = grads + <usize>(first - start) * line;
          const upAt = dy + rowsAt + ((<usize>first * <usize>upTime) << 2);
          const outAt = y + rowsAt + ((<usize>first * <usize>upTime) << 2);
          scoreBlock(qAt, qTime, keysAcross, maskAt, T, S, d, first, rows, width, pAt, scratch);
          multiplyPanels(upAt, upTime, 1, valuesAcross, S, d, 0, d, gAt, S, rows, wholePanels(width, S), false, scratch);
          for (let r = 0; r < rows; r++) {
            const logSum = load<f32>(logSums + (<usize>((b * H + h) * T + first + r) << 2));
            const time = (<usize>r * <usize>upTime) << 2, row = <usize>r * line, visible = past + first + r + 1;
            const delta = dotRow(upAt + time, outAt + time, d, scratch);
            adjointRow(pAt + row, gAt + row, visible, logSum, delta, scale);
            clearRow(pAt + row, visible, seen);
            clearRow(gAt + row, visible, seen);
          }
          multiplyPanels(gAt, S, 1, keys, d, S, 0, width, dqAt + ((<usize>(first * d)) << 2), d, rows, d, false, scratch);
        }
        // 2. Each key gets from the queries that see it: not from those before it.
        for (let key = 0; key < seen; key += BLOCK) {
          const count = min(BLOCK, seen - key), from = max(start, key - past);
          const at = <usize>(from - start) * line + (<usize>key << 2), to = <usize>(key * d) << 2;
          multiplyPanels(probabilities + at, 1, S, upstream, d, T, from, stop, dvAt + to, d, count, d, true, scratch);
          multiplyPanels(grads + at, 1, S, queries, d, T, from, stop, dkAt + to, d, count, d, true, scratch);
        }
      }
    }
  }
}

/** Scores -> P = e^(scale s - L) and dP -> dS = scale P (dP - delta), n of each, both in place. */
function adjointRow(scores: usize, grads: usize, n: i32, logSum: f32, delta: f32, scale: f32): void {
  const shift = f32x4.splat(logSum), minus = f32x4.splat(delta), factor = f32x4.splat(scale);
  for (; n >= 8; n -= 8, scores += 32, grads += 32) {
    const p0 = exp4(f32x4.sub(f32x4.mul(v128.load(scores), factor), shift));
    const p1 = exp4(f32x4.sub(f32x4.mul(v128.load(scores, 16), factor), shift));
    const g0 = f32x4.mul(f32x4.mul(p0, factor), f32x4.sub(v128.load(grads), minus));
    const g1 = f32x4.mul(f32x4.mul(p1, factor), f32x4.sub(v128.load(grads, 16), minus));
    v128.store(scores, p1, 16);
    v128.store(scores, p0);
    v128.store(grads, g1, 16);
    v128.store(grads, g0);
  }
  for (; n > 0; n -= 4, scores += 16, grads += 16) {
    const p = exp4(f32x4.sub(f32x4.mul(loadTail(scores, n, 0), factor), shift));
    storeTail(scores, n, p);
    storeTail(grads, n, f32x4.mul(f32x4.mul(p, factor), f32x4.sub(loadTail(grads, n, 0), minus)));
  }
}
