/**
 * The next token of each row of logits, and its log-probability: the most likely one, or the one into which u in [0, 1) falls
 * when the probabilities are laid end to end (generation/next-tokens.ts says it in plain loops).
 *
 * e^(x - max) of a row goes to scratch memory, and the sum of every 64 of them is kept: the draw walks along those sums, and
 * then through 64 numbers. All sums of sums are in double precision.
 */
import { max4, loadTail, pair, sum4 } from './math';
import { expRow, sumRow } from './rows';

/** Numbers under one sum. */
const STRIP: i32 = 64;
/** Bytes in front of the weights: what `pair` needs. */
const SPARE: usize = 64;

/**
 * Rows begin..end of logits [N, V]; `draws` are whole numbers u 2^32, 0 instead of an address asks for the most likely token. A
 * row with a logit that is not finite gets the log-probability NaN.
 */
export function nextTokens(
  logits: usize, draws: usize, ids: usize, logProbs: usize, V: i32, begin: i32, end: i32, scratch: usize,
): void {
  const weights = scratch + SPARE, sums = weights + ((<usize>V + 16) << 2);
  for (let row = begin; row < end; row++) {
    const from = logits + ((<usize>row * <usize>V) << 2), at = <usize>row << 2;
    const top = largest(from, V, scratch);
    if (!(top - top == 0)) { // NaN
      store<i32>(ids + at, 0);
      store<f32>(logProbs + at, NaN);
      continue;
    }
    expRow(from, V, top, weights);
    let total: f64 = 0;
    for (let i = 0; i < V; i += STRIP) {
      const sum = <f64>sumRow(weights + (<usize>i << 2), min(STRIP, V - i), scratch);
      store<f64>(sums + <usize>(i / STRIP << 3), sum);
      total += sum;
    }
    const next = draws == 0
      ? firstOf(from, V, top)
      : drawn(weights, sums, V, <f64>load<u32>(draws + at) * (1.0 / 4294967296.0) * total);
    store<i32>(ids + at, next);
    const above = <f64>load<f32>(from + (<usize>next << 2)) - <f64>top;
    store<f32>(logProbs + at, <f32>(above - Math.log(total)));
  }
}

/** The largest of n numbers; NaN if one of them is not finite: x - x is 0, or NaN. */
function largest(from: usize, n: i32, spare: usize): f32 {
  let a = f32x4.splat(-Infinity), b = a, p = f32x4.splat(0), q = p;
  for (; n >= 8; n -= 8, from += 32) {
    const low = v128.load(from), high = v128.load(from, 16);
    a = f32x4.pmax(a, low);
    b = f32x4.pmax(b, high);
    p = f32x4.add(p, f32x4.sub(low, low));
    q = f32x4.add(q, f32x4.sub(high, high));
  }
  pair(a, b, spare);
  pair(p, q, spare + 32);
  for (; n > 0; n -= 4, from += 16) {
    const x = loadTail(from, n, load<f32>(from));
    a = f32x4.pmax(a, x);
    p = f32x4.add(p, f32x4.sub(x, x));
  }
  return max4(f32x4.pmax(a, b)) + sum4(f32x4.add(p, q));
}

/** Index of the first number that equals `value`, which is one of them. */
function firstOf(from: usize, n: i32, value: f32): i32 {
  const wanted = f32x4.splat(value);
  let i = 0;
  for (; i + 4 <= n; i += 4) if (v128.any_true(f32x4.eq(v128.load(from + (<usize>i << 2)), wanted))) break;
  while (load<f32>(from + (<usize>i << 2)) != value) i++;
  return i;
}

/** Index of the weight into which `place` falls; the last one that is not 0, should rounding leave their sum short of it. */
function drawn(weights: usize, sums: usize, n: i32, place: f64): i32 {
  let below: f64 = 0, last = 0;
  for (let first = 0; first < n; first += STRIP, sums += 8) {
    const sum = load<f64>(sums);
    if (sum == 0) continue;
    if (place < below + sum) return within(weights, first, min(n, first + STRIP), place - below);
    below += sum;
    last = first;
  }
  return within(weights, last, min(n, last + STRIP), Infinity);
}

/** The same among the weights first..end. */
function within(weights: usize, first: i32, end: i32, place: f64): i32 {
  let below: f64 = 0, next = first;
  for (let i = first; i < end; i++) {
    const weight = <f64>load<f32>(weights + (<usize>i << 2));
    if (weight == 0) continue;
    next = i;
    below += weight;
    if (place < below) break;
  }
  return next;
}
