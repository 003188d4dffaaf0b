/**
 * Kernels that do in one pass what a layer would do in many: RMSNorm, RoPE, SwiGLU, and cross-entropy turned into its gradient
 * in place.
 *
 * Each equals a composition of plain ops (src/nn, src/tensor/ops); formulas are repeated only where the fused form differs.
 */
import { exp4, loadTail, madd, max4, storeTail, sum4 } from './math';

/** y = x s weight with s = 1 / sqrt(mean(x^2) + eps) for rows begin..end of width D; s goes to `scales`. */
export function rmsNorm(
  x: usize, weight: usize, y: usize, scales: usize, D: i32, eps: f32, begin: i32, end: i32, scratch: usize,
): void {
  const vectors = D & ~3, rest = D & 3;
  for (let row = begin; row < end; row++) {
    const from = x + ((<usize>row * <usize>D) << 2), to = y + ((<usize>row * <usize>D) << 2);
    let squares = f32x4.splat(0);
    let i = 0;
    for (; i < vectors; i += 4) {
      const v = v128.load(from + (<usize>i << 2));
      squares = madd(v, v, squares);
    }
    if (rest > 0) {
      const v = loadTail(from + (<usize>i << 2), rest, 0);
      squares = madd(v, v, squares);
    }
    const s: f32 = 1 / sqrt<f32>(sum4(squares) / <f32>D + eps);
    store<f32>(scales + (<usize>row << 2), s);
    const scale = f32x4.splat(s);
    for (i = 0; i < vectors; i += 4) {
      const at = <usize>i << 2;
      v128.store(to + at, f32x4.mul(f32x4.mul(v128.load(from + at), scale), v128.load(weight + at)));
    }
    for (; i < D; i++) {
      const at = <usize>i << 2;
      store<f32>(to + at, load<f32>(from + at) * s * load<f32>(weight + at));
    }
  }
}

/** dx = s (w dy) - x s^3 / D sum(x w dy) for rows begin..end. */
export function rmsNormAdjoint(
  x: usize, weight: usize, scales: usize, dy: usize, dx: usize, D: i32, begin: i32, end: i32, scratch: usize,
): void {
  const vectors = D & ~3;
  for (let row = begin; row < end; row++) {
    const offset = (<usize>row * <usize>D) << 2;
    const xr = x + offset, up = dy + offset, to = dx + offset;
    let dots = f32x4.splat(0);
    let i = 0;
    for (; i < vectors; i += 4) {
      const at = <usize>i << 2;
      dots = madd(v128.load(xr + at), f32x4.mul(v128.load(weight + at), v128.load(up + at)), dots);
    }
    let dot = sum4(dots);
    for (; i < D; i++) {
      const at = <usize>i << 2;
      dot += load<f32>(xr + at) * load<f32>(weight + at) * load<f32>(up + at);
    }
    const s = load<f32>(scales + (<usize>row << 2));
    const pull: f32 = -s * s * s * dot / <f32>D;
    const s4 = f32x4.splat(s), pull4 = f32x4.splat(pull);
    for (i = 0; i < vectors; i += 4) {
      const at = <usize>i << 2;
      const direct = f32x4.mul(s4, f32x4.mul(v128.load(weight + at), v128.load(up + at)));
      v128.store(to + at, madd(v128.load(xr + at), pull4, direct));
    }
    for (; i < D; i++) {
      const at = <usize>i << 2;
      store<f32>(to + at, s * load<f32>(weight + at) * load<f32>(up + at) + load<f32>(xr + at) * pull);
    }
  }
}

/**
 * dweight = sum over rows of dy x s, for groups begin..end of four columns; D is a multiple of 4 or the last group is shorter.
 */
export function rmsNormWeightAdjoint(
  x: usize, scales: usize, dy: usize, dWeight: usize, rows: i32, D: i32, begin: i32, end: i32, scratch: usize,
): void {
  const step = <usize>D << 2;
  for (let group = begin; group < end; group++) {
    const column = group << 2, width = min(4, D - column);
    let xr = x + (<usize>column << 2), up = dy + (<usize>column << 2);
    let sum = f32x4.splat(0);
    if (width == 4) {
      for (let row = 0; row < rows; row++, xr += step, up += step) {
        sum = madd(f32x4.mul(v128.load(xr), v128.load(up)), v128.load32_splat(scales + (<usize>row << 2)), sum);
      }
      v128.store(dWeight + (<usize>column << 2), sum);
    } else {
      for (let row = 0; row < rows; row++, xr += step, up += step) {
        const product = f32x4.mul(loadTail(xr, width, 0), loadTail(up, width, 0));
        sum = madd(product, v128.load32_splat(scales + (<usize>row << 2)), sum);
      }
      storeTail(dWeight + (<usize>column << 2), width, sum);
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
  const half = d >> 1, vectors = half & ~3;
  const halfBytes = <usize>half << 2;
  for (let item = begin; item < end; item++) {
    const t = item % T, bh = item / T, h = bh % H, b = bh / H;
    const from = x + ((<usize>b * <usize>xBatch + <usize>h * <usize>xHead + <usize>t * <usize>xTime) << 2);
    const to = y + ((<usize>item * <usize>d) << 2);
    const angle = (<usize>b * <usize>cBatch + <usize>t * <usize>cTime) << 2;
    let i = 0;
    for (; i < vectors; i += 4) {
      const at = <usize>i << 2;
      const a = v128.load(from + at), o = v128.load(from + at + halfBytes);
      const c = v128.load(cos + angle + at), s = f32x4.mul(v128.load(sin + angle + at), f32x4.splat(sign));
      v128.store(to + at, f32x4.sub(f32x4.mul(a, c), f32x4.mul(o, s)));
      v128.store(to + at + halfBytes, f32x4.add(f32x4.mul(a, s), f32x4.mul(o, c)));
    }
    for (; i < half; i++) {
      const at = <usize>i << 2;
      const a = load<f32>(from + at), o = load<f32>(from + at + halfBytes);
      const c = load<f32>(cos + angle + at), s = load<f32>(sin + angle + at) * sign;
      store<f32>(to + at, a * c - o * s);
      store<f32>(to + at + halfBytes, a * s + o * c);
    }
  }
}

// @ts-ignore: decorator
@inline
function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

/** y = gate sigmoid(gate) up, for items begin..end of four numbers; `size` numbers in all. */
export function swiglu(gate: usize, up: usize, y: usize, size: i32, begin: i32, end: i32, scratch: usize): void {
  for (let item = begin; item < end; item++) {
    const at = <usize>item << 4, count = size - (item << 2);
    if (count >= 4) {
      const g = v128.load(gate + at);
      v128.store(y + at, f32x4.mul(f32x4.mul(g, sigmoid4(g)), v128.load(up + at)));
    } else {
      const g = loadTail(gate + at, count, 0);
      storeTail(y + at, count, f32x4.mul(f32x4.mul(g, sigmoid4(g)), loadTail(up + at, count, 0)));
    }
  }
}

/** dup = dy silu(gate), dgate = dy up s (1 + gate (1 - s)). */
export function swigluAdjoint(
  gate: usize, up: usize, dy: usize, dGate: usize, dUp: usize, size: i32, begin: i32, end: i32, scratch: usize,
): void {
  const one = f32x4.splat(1);
  for (let item = begin; item < end; item++) {
    const at = <usize>item << 4, count = size - (item << 2);
    const whole = count >= 4;
    const g = whole ? v128.load(gate + at) : loadTail(gate + at, count, 0);
    const u = whole ? v128.load(up + at) : loadTail(up + at, count, 0);
    const d = whole ? v128.load(dy + at) : loadTail(dy + at, count, 0);
    const s = sigmoid4(g);
    const dg = f32x4.mul(f32x4.mul(d, u), f32x4.mul(s, madd(g, f32x4.sub(one, s), one)));
    const du = f32x4.mul(d, f32x4.mul(g, s));
    if (whole) {
      v128.store(dGate + at, dg);
      v128.store(dUp + at, du);
    } else {
      storeTail(dGate + at, count, dg);
      storeTail(dUp + at, count, du);
    }
  }
}

/**
 * Rows begin..end of logits [N, V]: writes each row's loss and replaces the logits by their gradient, softmax - onehot, times
 * the row's upstream gradient 1 (the sum of losses). Rows whose target is `ignore` cost nothing and get zeros. Targets have
 * been checked.
 */
export function crossEntropyInPlace(
  logits: usize, targets: usize, losses: usize, V: i32, ignore: i32, begin: i32, end: i32, scratch: usize,
): void {
  const vectors = V & ~3, rest = V & 3;
  for (let row = begin; row < end; row++) {
    const start = logits + ((<usize>row * <usize>V) << 2);
    const target = load<i32>(targets + (<usize>row << 2));
    if (target == ignore) {
      memory.fill(start, 0, <usize>V << 2);
      store<f32>(losses + (<usize>row << 2), 0);
      continue;
    }
    let best = f32x4.splat(-Infinity);
    let i = 0;
    for (; i < vectors; i += 4) best = f32x4.max(best, v128.load(start + (<usize>i << 2)));
    if (rest > 0) best = f32x4.max(best, loadTail(start + (<usize>i << 2), rest, -Infinity));
    const top = max4(best), shift = f32x4.splat(top);
    const wanted = load<f32>(start + (<usize>target << 2));
    let sums = f32x4.splat(0);
    for (i = 0; i < vectors; i += 4) {
      const at = start + (<usize>i << 2);
      const e = exp4(f32x4.sub(v128.load(at), shift));
      v128.store(at, e);
      sums = f32x4.add(sums, e);
    }
    let sum = sum4(sums);
    for (; i < V; i++) {
      const at = start + (<usize>i << 2);
      const e = f32x4.extract_lane(exp4(f32x4.splat(load<f32>(at) - top)), 0);
      store<f32>(at, e);
      sum += e;
    }
    store<f32>(losses + (<usize>row << 2), top + <f32>Math.log(<f64>sum) - wanted);
    const inverse: f32 = 1 / sum, factor = f32x4.splat(inverse);
    for (i = 0; i < vectors; i += 4) {
      const at = start + (<usize>i << 2);
      v128.store(at, f32x4.mul(v128.load(at), factor));
    }
    for (; i < V; i++) {
      const at = start + (<usize>i << 2);
      store<f32>(at, load<f32>(at) * inverse);
    }
    const at = start + (<usize>target << 2);
    store<f32>(at, load<f32>(at) - 1);
  }
}

/** Put the same row (a bias) into rows begin..end of y [rows, width]. */
export function fillRows(row: usize, y: usize, width: i32, begin: i32, end: i32, scratch: usize): void {
  const bytes = <usize>width << 2;
  for (let i = begin; i < end; i++) memory.copy(y + <usize>i * bytes, row, bytes);
}
