/**
 * Kernels that do in one pass what a layer would do in many: RMSNorm, RoPE, SwiGLU, and cross-entropy turned into its gradient
 * in place.
 *
 * Each equals a composition of plain ops (src/nn, src/tensor/ops); formulas are repeated only where the fused form differs.
 */
import { constant, exp4, loadTail, madd, ONE, pair, storeTail, sum4 } from './math';
import { expRow, logOf, rowMax, scaleRow, sumRow } from './rows';

/** Columns that `rmsNormWeightAdjoint` adds up at once, as in ../fused.ts. */
const GROUP: i32 = 16;

/** y = x s weight with s = 1 / sqrt(mean(x^2) + eps) for rows begin..end of width D; s goes to `scales`. */
export function rmsNorm(
  x: usize, weight: usize, y: usize, scales: usize, D: i32, eps: f32, begin: i32, end: i32, scratch: usize,
): void {
  const bytes = <usize>D << 2;
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * bytes, to = y + <usize>row * bytes;
    let a = f32x4.splat(0), b = a;
    let n = D, at: usize = 0;
    for (; n >= 8; n -= 8, at += 32) {
      const low = v128.load(from + at), high = v128.load(from + at, 16);
      a = madd(low, low, a);
      b = madd(high, high, b);
    }
    pair(a, b, scratch);
    for (; n > 0; n -= 4, at += 16) {
      const v = loadTail(from + at, n, 0);
      a = madd(v, v, a);
    }
    const s: f32 = 1 / sqrt<f32>(sum4(f32x4.add(a, b)) / <f32>D + eps);
    store<f32>(scales + (<usize>row << 2), s);
    const scale = f32x4.splat(s);
    for (n = D, at = 0; n >= 8; n -= 8, at += 32) {
      const low = f32x4.mul(f32x4.mul(v128.load(from + at), scale), v128.load(weight + at));
      const high = f32x4.mul(f32x4.mul(v128.load(from + at, 16), scale), v128.load(weight + at, 16));
      v128.store(to + at, high, 16);
      v128.store(to + at, low);
    }
    for (; n > 0; n -= 4, at += 16) {
      storeTail(to + at, n, f32x4.mul(f32x4.mul(loadTail(from + at, n, 0), scale), loadTail(weight + at, n, 0)));
    }
  }
}

/** dx = s (w dy) - x s^3 / D sum(x w dy) for rows begin..end. */
export function rmsNormAdjoint(
  x: usize, weight: usize, scales: usize, dy: usize, dx: usize, D: i32, begin: i32, end: i32, scratch: usize,
): void {
  const bytes = <usize>D << 2;
  for (let row = begin; row < end; row++) {
    const xr = x + <usize>row * bytes, up = dy + <usize>row * bytes, to = dx + <usize>row * bytes;
    let a = f32x4.splat(0), b = a;
    let n = D, at: usize = 0;
    for (; n >= 8; n -= 8, at += 32) {
      a = madd(v128.load(xr + at), f32x4.mul(v128.load(weight + at), v128.load(up + at)), a);
      b = madd(v128.load(xr + at, 16), f32x4.mul(v128.load(weight + at, 16), v128.load(up + at, 16)), b);
    }
    pair(a, b, scratch);
    for (; n > 0; n -= 4, at += 16) {
      a = madd(loadTail(xr + at, n, 0), f32x4.mul(loadTail(weight + at, n, 0), loadTail(up + at, n, 0)), a);
    }
    const s = load<f32>(scales + (<usize>row << 2));
    const pull: f32 = -s * s * s * sum4(f32x4.add(a, b)) / <f32>D;
    const s4 = f32x4.splat(s), pull4 = f32x4.splat(pull);
    for (n = D, at = 0; n >= 8; n -= 8, at += 32) {
      const low = f32x4.mul(s4, f32x4.mul(v128.load(weight + at), v128.load(up + at)));
      const high = f32x4.mul(s4, f32x4.mul(v128.load(weight + at, 16), v128.load(up + at, 16)));
      const x0 = v128.load(xr + at), x1 = v128.load(xr + at, 16);
      v128.store(to + at, madd(x1, pull4, high), 16);
      v128.store(to + at, madd(x0, pull4, low));
    }
    for (; n > 0; n -= 4, at += 16) {
      const direct = f32x4.mul(s4, f32x4.mul(loadTail(weight + at, n, 0), loadTail(up + at, n, 0)));
      storeTail(to + at, n, madd(loadTail(xr + at, n, 0), pull4, direct));
    }
  }
}

/** dweight = sum over rows of dy x s, for groups begin..end of GROUP columns: whole cache lines, read once. */
export function rmsNormWeightAdjoint(
  x: usize, scales: usize, dy: usize, dWeight: usize, rows: i32, D: i32, begin: i32, end: i32, scratch: usize,
): void {
  const step = <usize>D << 2;
  for (let group = begin; group < end; group++) {
    let left = min(GROUP, D - group * GROUP);
    let at = <usize>(group * GROUP) << 2;
    if (left == GROUP) {
      let xr = x + at, up = dy + at, a = f32x4.splat(0), b = a, c = a, d = a;
      for (let row = 0; row < rows; row++, xr += step, up += step) {
        const s = v128.load32_splat(scales + (<usize>row << 2));
        a = madd(f32x4.mul(v128.load(xr), v128.load(up)), s, a);
        b = madd(f32x4.mul(v128.load(xr, 16), v128.load(up, 16)), s, b);
        c = madd(f32x4.mul(v128.load(xr, 32), v128.load(up, 32)), s, c);
        d = madd(f32x4.mul(v128.load(xr, 48), v128.load(up, 48)), s, d);
      }
      v128.store(dWeight + at, b, 16);
      v128.store(dWeight + at, a);
      v128.store(dWeight + at, d, 48);
      v128.store(dWeight + at, c, 32);
      continue;
    }
    for (; left > 0; left -= 4, at += 16) {
      let xr = x + at, up = dy + at, sum = f32x4.splat(0);
      for (let row = 0; row < rows; row++, xr += step, up += step) {
        const product = f32x4.mul(loadTail(xr, left, 0), loadTail(up, left, 0));
        sum = madd(product, v128.load32_splat(scales + (<usize>row << 2)), sum);
      }
      storeTail(dWeight + at, left, sum);
    }
  }
}

/**
 * Rotate halves: items are the rows (b, h, t) of x [B, H, T, d] with the given strides (the last is 1); y is row-major.
 * cos and sin have rows of d/2 at b * cBatch + t * cTime. `sign` -1 turns back, which is the adjoint.
 */
export function rope(
  x: usize, xBatch: i32, xHead: i32, xTime: i32, cos: usize, sin: usize, cBatch: i32, cTime: i32, y: usize,
  H: i32, T: i32, d: i32, sign: f32, begin: i32, end: i32, scratch: usize,
): void {
  const half = d >> 1, middle = <usize>half << 2, signs = f32x4.splat(sign);
  let t = begin % T, bh = begin / T, h = bh % H, b = bh / H;
  for (let item = begin; item < end; item++) {
    let from = x + (<usize>(b * xBatch + h * xHead + t * xTime) << 2), to = y + (<usize>item * 2 * middle);
    const angle = <usize>(b * cBatch + t * cTime) << 2;
    let c = cos + angle, s = sin + angle;
    let n = half;
    for (; n >= 8; n -= 8, from += 32, to += 32, c += 32, s += 32) {
      const other = from + middle, turned = to + middle;
      const a0 = v128.load(from), a1 = v128.load(from, 16), o0 = v128.load(other), o1 = v128.load(other, 16);
      const c0 = v128.load(c), c1 = v128.load(c, 16);
      const s0 = f32x4.mul(v128.load(s), signs), s1 = f32x4.mul(v128.load(s, 16), signs);
      v128.store(to, f32x4.sub(f32x4.mul(a1, c1), f32x4.mul(o1, s1)), 16);
      v128.store(to, f32x4.sub(f32x4.mul(a0, c0), f32x4.mul(o0, s0)));
      v128.store(turned, f32x4.add(f32x4.mul(a1, s1), f32x4.mul(o1, c1)), 16);
      v128.store(turned, f32x4.add(f32x4.mul(a0, s0), f32x4.mul(o0, c0)));
    }
    for (; n > 0; n -= 4, from += 16, to += 16, c += 16, s += 16) {
      const a = loadTail(from, n, 0), o = loadTail(from + middle, n, 0);
      const cosine = loadTail(c, n, 0), sine = f32x4.mul(loadTail(s, n, 0), signs);
      storeTail(to, n, f32x4.sub(f32x4.mul(a, cosine), f32x4.mul(o, sine)));
      storeTail(to + middle, n, f32x4.add(f32x4.mul(a, sine), f32x4.mul(o, cosine)));
    }
    if (++t == T) {
      t = 0;
      if (++h == H) {
        h = 0;
        b++;
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function sigmoid4(x: v128): v128 {
  const one = constant(ONE);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

// @ts-ignore: decorator
@inline
function swiglu4(g: v128, u: v128): v128 {
  return f32x4.mul(f32x4.mul(g, sigmoid4(g)), u);
}

/** y = gate sigmoid(gate) up, for items begin..end of four numbers; `size` numbers in all. */
export function swiglu(gate: usize, up: usize, y: usize, size: i32, begin: i32, end: i32, scratch: usize): void {
  let n = min(size, end << 2) - (begin << 2), at = <usize>begin << 4;
  for (; n >= 8; n -= 8, at += 32) {
    const g0 = v128.load(gate + at), g1 = v128.load(gate + at, 16), u0 = v128.load(up + at), u1 = v128.load(up + at, 16);
    const low = swiglu4(g0, u0), high = swiglu4(g1, u1);
    v128.store(y + at, high, 16);
    v128.store(y + at, low);
  }
  for (; n > 0; n -= 4, at += 16) storeTail(y + at, n, swiglu4(loadTail(gate + at, n, 0), loadTail(up + at, n, 0)));
}

/** dup = dy silu(gate), dgate = dy up s (1 + gate (1 - s)) with s = sigmoid(gate). */
export function swigluAdjoint(
  gate: usize, up: usize, dy: usize, dGate: usize, dUp: usize, size: i32, begin: i32, end: i32, scratch: usize,
): void {
  let n = min(size, end << 2) - (begin << 2), at = <usize>begin << 4;
  for (; n >= 8; n -= 8, at += 32) {
    const g0 = v128.load(gate + at), g1 = v128.load(gate + at, 16), u0 = v128.load(up + at), u1 = v128.load(up + at, 16);
    const d0 = v128.load(dy + at), d1 = v128.load(dy + at, 16), s0 = sigmoid4(g0), s1 = sigmoid4(g1);
    const low = gateGradient4(g0, u0, d0, s0), high = gateGradient4(g1, u1, d1, s1);
    v128.store(dGate + at, high, 16);
    v128.store(dGate + at, low);
    v128.store(dUp + at, f32x4.mul(d1, f32x4.mul(g1, s1)), 16);
    v128.store(dUp + at, f32x4.mul(d0, f32x4.mul(g0, s0)));
  }
  for (; n > 0; n -= 4, at += 16) {
    const g = loadTail(gate + at, n, 0), u = loadTail(up + at, n, 0), d = loadTail(dy + at, n, 0), s = sigmoid4(g);
    storeTail(dGate + at, n, gateGradient4(g, u, d, s));
    storeTail(dUp + at, n, f32x4.mul(d, f32x4.mul(g, s)));
  }
}

// @ts-ignore: decorator
@inline
function gateGradient4(g: v128, u: v128, d: v128, s: v128): v128 {
  const one = constant(ONE);
  return f32x4.mul(f32x4.mul(d, u), f32x4.mul(s, madd(g, f32x4.sub(one, s), one)));
}

/**
 * Rows begin..end of logits [N, V]: writes each row's loss and replaces the logits by their gradient, softmax - onehot, times
 * the row's upstream gradient 1 (the sum of losses). Rows whose target is `ignore` cost nothing and get zeros. Targets have
 * been checked.
 */
export function crossEntropyInPlace(
  logits: usize, targets: usize, losses: usize, V: i32, ignore: i32, begin: i32, end: i32, scratch: usize,
): void {
  for (let row = begin; row < end; row++) {
    const start = logits + ((<usize>row * <usize>V) << 2);
    const target = load<i32>(targets + (<usize>row << 2));
    if (target == ignore) {
      memory.fill(start, 0, <usize>V << 2);
      store<f32>(losses + (<usize>row << 2), 0);
      continue;
    }
    const top = rowMax(start, V, scratch), wanted = load<f32>(start + (<usize>target << 2));
    expRow(start, V, top, start);
    const sum = sumRow(start, V, scratch);
    store<f32>(losses + (<usize>row << 2), top - wanted + logOf(sum));
    scaleRow(start, V, 1 / sum);
    const at = start + (<usize>target << 2);
    store<f32>(at, load<f32>(at) - 1);
  }
}

/** Put the same row (a bias) into rows begin..end of y [rows, width]. */
export function fillRows(row: usize, y: usize, width: i32, begin: i32, end: i32, scratch: usize): void {
  const bytes = <usize>width << 2;
  for (let i = begin; i < end; i++) memory.copy(y + <usize>i * bytes, row, bytes);
}
