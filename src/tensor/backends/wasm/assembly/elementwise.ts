/**
 * Elementwise kernels: functions of one number, of two, selection, copies and fills, four numbers at a time.
 *
 * One item is one element of the result in row-major order, so a share may begin and end anywhere. Every function is computed by the same
 * vector instructions wherever the element lies (the last 1 to 3 of a row are padded), hence a split changes no bit.
 *
 * Errors against correctly rounded results (ulp = unit in the last place; tests/tensor/backends.test.ts holds them):
 *   exact       neg abs sqrt square reciprocal relu, add sub mul div maximum minimum, comparisons
 *   rsqrt 1     exp 2    log 1    sigmoid 3    silu 4    tanh 3    sin cos erf pow 1 (double precision inside)
 * exp, sigmoid and silu follow the reference into zero, infinity and NaN; maximum and minimum propagate NaN.
 */
import { expWide4, log4 } from './functions';
import { loadTail, madd, storeTail } from './math';

const NEG: i32 = 0, ABS: i32 = 1, EXP: i32 = 2, LOG: i32 = 3, SQRT: i32 = 4, RSQRT: i32 = 5, SQUARE: i32 = 6, RECIPROCAL: i32 = 7,
  SIN: i32 = 8, COS: i32 = 9, SIGMOID: i32 = 10, SILU: i32 = 11, TANH: i32 = 12, RELU: i32 = 13, ERF: i32 = 14;

/** tanh x: an odd polynomial below 0.625 (Cephes, tanhf), 1 - 2 / (e^(2|x|) + 1) above, with the sign of x. */
// @ts-ignore: decorator
@inline
function tanh4(x: v128): v128 {
  const size = f32x4.abs(x), z = f32x4.mul(size, size);
  let p = madd(f32x4.splat(-5.70498872745e-3), z, f32x4.splat(2.06390887954e-2));
  p = madd(p, z, f32x4.splat(-5.37397155531e-2));
  p = madd(p, z, f32x4.splat(1.33314422036e-1));
  p = madd(p, z, f32x4.splat(-3.33332819422e-1));
  const near = madd(f32x4.mul(p, z), size, size);
  const e = expWide4(f32x4.add(size, size));
  const far = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), f32x4.add(e, f32x4.splat(1))));
  const y = v128.bitselect(far, near, f32x4.gt(size, f32x4.splat(0.625)));
  return v128.or(y, v128.and(x, i32x4.splat(0x80000000)));
}

/** The error function in double precision; series and continued fraction as in reference/erf.ts. */
function erf(x: f64): f64 {
  const size = Math.abs(x);
  if (size < 2.5) {
    let term = x, sum = x;
    for (let n = 1; Math.abs(term) > 1e-12 * Math.abs(sum); n++) {
      term *= 2 * x * x / <f64>(2 * n + 1);
      sum += term;
    }
    return 1.1283791670955126 * NativeMath.exp(-x * x) * sum;
  }
  if (isNaN(x)) return x;
  let tail: f64 = 0;
  if (size <= 6) {
    let fraction = size;
    for (let k = 30; k >= 1; k--) fraction = size + <f64>k / 2 / fraction;
    tail = NativeMath.exp(-size * size) / 1.7724538509055159 / fraction;
  }
  return x < 0 ? tail - 1 : 1 - tail;
}

// @ts-ignore: decorator
@inline
function scalar1(kind: i32, x: f32): f32 {
  if (kind == SIN) return <f32>NativeMath.sin(<f64>x);
  if (kind == COS) return <f32>NativeMath.cos(<f64>x);
  return <f32>erf(<f64>x);
}

// @ts-ignore: decorator
@inline
function lanes1(kind: i32, x: v128): v128 {
  let y = f32x4.splat(scalar1(kind, f32x4.extract_lane(x, 0)));
  y = f32x4.replace_lane(y, 1, scalar1(kind, f32x4.extract_lane(x, 1)));
  y = f32x4.replace_lane(y, 2, scalar1(kind, f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y, 3, scalar1(kind, f32x4.extract_lane(x, 3)));
}

// `kind` is a constant wherever this is inlined, so each loop below holds one function and no test.
// @ts-ignore: decorator
@inline
function unary4(kind: i32, x: v128): v128 {
  if (kind == NEG) return f32x4.neg(x);
  if (kind == ABS) return f32x4.abs(x);
  if (kind == EXP) return expWide4(x);
  if (kind == LOG) return log4(x);
  if (kind == SQRT) return f32x4.sqrt(x);
  if (kind == RSQRT) return f32x4.div(f32x4.splat(1), f32x4.sqrt(x));
  if (kind == SQUARE) return f32x4.mul(x, x);
  if (kind == RECIPROCAL) return f32x4.div(f32x4.splat(1), x);
  if (kind == SIGMOID) return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), expWide4(f32x4.neg(x))));
  if (kind == SILU) return f32x4.div(x, f32x4.add(f32x4.splat(1), expWide4(f32x4.neg(x))));
  if (kind == TANH) return tanh4(x);
  if (kind == RELU) return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), f32x4.splat(0)); // NaN passes, -0 becomes 0
  return lanes1(kind, x);
}

// @ts-ignore: decorator
@inline
function unaryLoop(kind: i32, x: usize, y: usize, n: i32): void {
  const end = y + (<usize>(n & ~3) << 2);
  for (; y < end; x += 16, y += 16) v128.store(y, unary4(kind, v128.load(x)));
  const rest = n & 3;
  if (rest) storeTail(y, rest, unary4(kind, loadTail(x, rest, 1)));
}

/** y = f(x), both row-major; `kind` as in the list above. */
export function unary(kind: i32, x: usize, y: usize, begin: i32, end: i32, scratch: usize): void {
  const n = end - begin;
  x += <usize>begin << 2;
  y += <usize>begin << 2;
  switch (kind) {
    case NEG: unaryLoop(NEG, x, y, n); break;
    case ABS: unaryLoop(ABS, x, y, n); break;
    case EXP: unaryLoop(EXP, x, y, n); break;
    case LOG: unaryLoop(LOG, x, y, n); break;
    case SQRT: unaryLoop(SQRT, x, y, n); break;
    case RSQRT: unaryLoop(RSQRT, x, y, n); break;
    case SQUARE: unaryLoop(SQUARE, x, y, n); break;
    case RECIPROCAL: unaryLoop(RECIPROCAL, x, y, n); break;
    case SIN: unaryLoop(SIN, x, y, n); break;
    case COS: unaryLoop(COS, x, y, n); break;
    case SIGMOID: unaryLoop(SIGMOID, x, y, n); break;
    case SILU: unaryLoop(SILU, x, y, n); break;
    case TANH: unaryLoop(TANH, x, y, n); break;
    case RELU: unaryLoop(RELU, x, y, n); break;
    default: unaryLoop(ERF, x, y, n);
  }
}

const ADD: i32 = 0, SUB: i32 = 1, MUL: i32 = 2, DIV: i32 = 3, POW: i32 = 4, MAXIMUM: i32 = 5, MINIMUM: i32 = 6, EQ: i32 = 7, NE: i32 = 8,
  LT: i32 = 9, LE: i32 = 10, GT: i32 = 11, GE: i32 = 12;

/** JavaScript's power: NaN for an exponent NaN, and for a base of size 1 with an infinite exponent. */
function power(a: f32, b: f32): f32 {
  if (b == 2) return a * a;
  if (isNaN(b) || (Mathf.abs(a) == 1 && Mathf.abs(b) == Infinity)) return NaN;
  return <f32>NativeMath.pow(<f64>a, <f64>b);
}

// @ts-ignore: decorator
@inline
function flag4(mask: v128): v128 {
  return v128.and(mask, f32x4.splat(1));
}

// @ts-ignore: decorator
@inline
function binary4(kind: i32, a: v128, b: v128): v128 {
  if (kind == ADD) return f32x4.add(a, b);
  if (kind == SUB) return f32x4.sub(a, b);
  if (kind == MUL) return f32x4.mul(a, b);
  if (kind == DIV) return f32x4.div(a, b);
  if (kind == MAXIMUM) return f32x4.max(a, b);
  if (kind == MINIMUM) return f32x4.min(a, b);
  if (kind == EQ) return flag4(f32x4.eq(a, b));
  if (kind == NE) return flag4(f32x4.ne(a, b));
  if (kind == LT) return flag4(f32x4.lt(a, b));
  if (kind == LE) return flag4(f32x4.le(a, b));
  if (kind == GT) return flag4(f32x4.gt(a, b));
  if (kind == GE) return flag4(f32x4.ge(a, b));
  let y = f32x4.splat(power(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)));
  y = f32x4.replace_lane(y, 1, power(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)));
  y = f32x4.replace_lane(y, 2, power(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)));
  return f32x4.replace_lane(y, 3, power(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)));
}

/** `count` (1 to 4) numbers `step` bytes apart; the rest are ones. */
function gather4(from: usize, step: usize, count: i32): v128 {
  let x = f32x4.splat(1);
  x = f32x4.replace_lane(x, 0, load<f32>(from));
  if (count > 1) x = f32x4.replace_lane(x, 1, load<f32>(from + step));
  if (count > 2) x = f32x4.replace_lane(x, 2, load<f32>(from + 2 * step));
  if (count > 3) x = f32x4.replace_lane(x, 3, load<f32>(from + 3 * step));
  return x;
}

/** One row; steps in bytes. */
// @ts-ignore: decorator
@inline
function binaryLoop(kind: i32, y: usize, n: i32, a: usize, s: usize, b: usize, t: usize): void {
  const end = y + (<usize>(n & ~3) << 2);
  if (s == 4 && t == 4) {
    for (; y < end; y += 16, a += 16, b += 16) v128.store(y, binary4(kind, v128.load(a), v128.load(b)));
  } else if (s == 4 && t == 0) {
    const right = v128.load32_splat(b);
    for (; y < end; y += 16, a += 16) v128.store(y, binary4(kind, v128.load(a), right));
  } else if (s == 0 && t == 4) {
    const left = v128.load32_splat(a);
    for (; y < end; y += 16, b += 16) v128.store(y, binary4(kind, left, v128.load(b)));
  } else {
    for (; y < end; y += 16, a += 4 * s, b += 4 * t) v128.store(y, binary4(kind, gather4(a, s, 4), gather4(b, t, 4)));
  }
  const rest = n & 3;
  if (rest) storeTail(y, rest, binary4(kind, gather4(a, s, rest), gather4(b, t, rest)));
}

function binaryRow(kind: i32, y: usize, n: i32, a: usize, s: usize, b: usize, t: usize): void {
  switch (kind) {
    case ADD: binaryLoop(ADD, y, n, a, s, b, t); break;
    case SUB: binaryLoop(SUB, y, n, a, s, b, t); break;
    case MUL: binaryLoop(MUL, y, n, a, s, b, t); break;
    case DIV: binaryLoop(DIV, y, n, a, s, b, t); break;
    case POW: binaryLoop(POW, y, n, a, s, b, t); break;
    case MAXIMUM: binaryLoop(MAXIMUM, y, n, a, s, b, t); break;
    case MINIMUM: binaryLoop(MINIMUM, y, n, a, s, b, t); break;
    case EQ: binaryLoop(EQ, y, n, a, s, b, t); break;
    case NE: binaryLoop(NE, y, n, a, s, b, t); break;
    case LT: binaryLoop(LT, y, n, a, s, b, t); break;
    case LE: binaryLoop(LE, y, n, a, s, b, t); break;
    case GT: binaryLoop(GT, y, n, a, s, b, t); break;
    default: binaryLoop(GE, y, n, a, s, b, t);
  }
}

/**
 * y = a (op) b. The result is row-major [*, n1, n2, n3]; a and b are walked with four strides each (in elements, 0 where broadcast).
 * An operand at address 0 is the number behind its strides.
 */
export function binary(
  kind: i32, y: usize, n1: i32, n2: i32, n3: i32,
  a: usize, a0: i32, a1: i32, a2: i32, a3: i32, aValue: f32,
  b: usize, b0: i32, b1: i32, b2: i32, b3: i32, bValue: f32,
  begin: i32, end: i32, scratch: usize,
): void {
  if (a == 0) {
    store<f32>(scratch, aValue);
    a = scratch;
  }
  if (b == 0) {
    store<f32>(scratch, bValue, 16);
    b = scratch + 16;
  }
  let row = begin / n3, column = begin - row * n3, left = end - begin;
  let i2 = row % n2;
  row /= n2;
  let i1 = row % n1, i0 = row / n1;
  y += <usize>begin << 2;
  while (left > 0) {
    const n = min(left, n3 - column);
    binaryRow(
      kind, y, n,
      a + (<usize>(i0 * a0 + i1 * a1 + i2 * a2 + column * a3) << 2), <usize>a3 << 2,
      b + (<usize>(i0 * b0 + i1 * b1 + i2 * b2 + column * b3) << 2), <usize>b3 << 2,
    );
    y += <usize>n << 2;
    left -= n;
    column = 0;
    if (++i2 == n2) {
      i2 = 0;
      if (++i1 == n1) {
        i1 = 0;
        i0++;
      }
    }
  }
}

/** y = c != 0 ? a : b, laid out as in `binary`. The condition holds float32 or (`isInt`) int32; -0 is zero, NaN is not. */
export function select(
  isInt: i32, y: usize, n1: i32, n2: i32, n3: i32,
  c: usize, c0: i32, c1: i32, c2: i32, c3: i32,
  a: usize, a0: i32, a1: i32, a2: i32, a3: i32, aValue: f32,
  b: usize, b0: i32, b1: i32, b2: i32, b3: i32, bValue: f32,
  begin: i32, end: i32, scratch: usize,
): void {
  if (a == 0) {
    store<f32>(scratch, aValue);
    a = scratch;
  }
  if (b == 0) {
    store<f32>(scratch, bValue, 16);
    b = scratch + 16;
  }
  const cs = <usize>c3 << 2, as = <usize>a3 << 2, bs = <usize>b3 << 2;
  const zero = i32x4.splat(0);
  let row = begin / n3, column = begin - row * n3, left = end - begin;
  let i2 = row % n2;
  row /= n2;
  let i1 = row % n1, i0 = row / n1;
  y += <usize>begin << 2;
  while (left > 0) {
    let n = min(left, n3 - column);
    left -= n;
    let cp = c + (<usize>(i0 * c0 + i1 * c1 + i2 * c2 + column * c3) << 2);
    let ap = a + (<usize>(i0 * a0 + i1 * a1 + i2 * a2 + column * a3) << 2);
    let bp = b + (<usize>(i0 * b0 + i1 * b1 + i2 * b2 + column * b3) << 2);
    for (; n >= 4; n -= 4, y += 16, cp += 4 * cs, ap += 4 * as, bp += 4 * bs) {
      const condition = cs == 4 ? v128.load(cp) : cs == 0 ? v128.load32_splat(cp) : gather4(cp, cs, 4);
      const x = as == 4 ? v128.load(ap) : as == 0 ? v128.load32_splat(ap) : gather4(ap, as, 4);
      const z = bs == 4 ? v128.load(bp) : bs == 0 ? v128.load32_splat(bp) : gather4(bp, bs, 4);
      const isTrue = isInt ? i32x4.ne(condition, zero) : f32x4.ne(condition, zero);
      v128.store(y, v128.bitselect(x, z, isTrue));
    }
    for (; n > 0; n--, y += 4, cp += cs, ap += as, bp += bs) {
      const isTrue = isInt ? load<i32>(cp) != 0 : load<f32>(cp) != 0;
      store<i32>(y, isTrue ? load<i32>(ap) : load<i32>(bp));
    }
    column = 0;
    if (++i2 == n2) {
      i2 = 0;
      if (++i1 == n1) {
        i1 = 0;
        i0++;
      }
    }
  }
}

/** JavaScript's conversion: towards zero, modulo 2^32, NaN and the infinities to 0. */
function toInt32(x: f32): i32 {
  return Mathf.abs(x) < 9.2e18 ? <i32><i64>x : 0;
}

/** One row of a copy; steps in bytes; mode 0 moves bits, 1 converts int32 to float32, 2 float32 to int32. */
function moveRow(mode: i32, to: usize, s: usize, from: usize, t: usize, n: i32): void {
  if (mode == 2) {
    for (; n > 0; n--, to += s, from += t) store<i32>(to, toInt32(load<f32>(from)));
    return;
  }
  if (mode == 1) {
    if (s == 4 && t == 4) {
      for (; n >= 4; n -= 4, to += 16, from += 16) v128.store(to, f32x4.convert_i32x4_s(v128.load(from)));
    }
    for (; n > 0; n--, to += s, from += t) store<f32>(to, <f32>load<i32>(from));
    return;
  }
  if (s == 4 && t == 4) {
    if (n >= 1024) {
      memory.copy(to, from, <usize>n << 2);
      return;
    }
    for (; n >= 8; n -= 8, to += 32, from += 32) {
      const low = v128.load(from), high = v128.load(from, 16);
      v128.store(to, low);
      v128.store(to, high, 16);
    }
  } else if (s == 4 && t == 0) {
    const x = v128.load32_splat(from);
    for (; n >= 4; n -= 4, to += 16) v128.store(to, x);
  } else if (s == 4) {
    for (; n >= 4; n -= 4, to += 16, from += 4 * t) v128.store(to, gather4(from, t, 4));
  }
  for (; n > 0; n--, to += s, from += t) store<i32>(to, load<i32>(from));
}

/** Four rows of a transposed source: element (row, column) lies at from + 4 row + column `step`. */
function transposeRows(to: usize, row: usize, from: usize, step: usize, n: i32): void {
  const second = to + row, third = second + row, fourth = third + row;
  let at: usize = 0;
  for (; n >= 4; n -= 4, at += 16, from += 4 * step) {
    const r0 = v128.load(from), r1 = v128.load(from + step), r2 = v128.load(from + 2 * step), r3 = v128.load(from + 3 * step);
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to + at, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
    v128.store(second + at, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
    v128.store(third + at, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5));
    v128.store(fourth + at, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
  }
  for (; n > 0; n--, at += 4, from += step) {
    store<i32>(to + at, load<i32>(from));
    store<i32>(second + at, load<i32>(from, 4));
    store<i32>(third + at, load<i32>(from, 8));
    store<i32>(fourth + at, load<i32>(from, 12));
  }
}

/** to <- from over [*, n1, n2, n3], both strided. Items are elements in row-major order of that shape. */
export function move(
  mode: i32, n1: i32, n2: i32, n3: i32,
  to: usize, t0: i32, t1: i32, t2: i32, t3: i32,
  from: usize, f0: i32, f1: i32, f2: i32, f3: i32,
  begin: i32, end: i32, scratch: usize,
): void {
  const toStep = <usize>t3 << 2, fromStep = <usize>f3 << 2;
  const isTransposed = mode == 0 && t3 == 1 && f2 == 1 && f3 != 1;
  let row = begin / n3, column = begin - row * n3, left = end - begin;
  let i2 = row % n2;
  row /= n2;
  let i1 = row % n1, i0 = row / n1;
  while (left > 0) {
    const target = to + (<usize>(i0 * t0 + i1 * t1 + i2 * t2 + column * t3) << 2);
    const source = from + (<usize>(i0 * f0 + i1 * f1 + i2 * f2 + column * f3) << 2);
    if (isTransposed && column == 0 && i2 + 4 <= n2 && left / 4 >= n3) {
      transposeRows(target, <usize>t2 << 2, source, fromStep, n3);
      left -= 4 * n3;
      i2 += 4;
    } else {
      const n = min(left, n3 - column);
      moveRow(mode, target, toStep, source, fromStep, n);
      left -= n;
      i2++;
    }
    column = 0;
    if (i2 == n2) {
      i2 = 0;
      if (++i1 == n1) {
        i1 = 0;
        i0++;
      }
    }
  }
}

/** Consecutive 32-bit words set to one value. */
export function fillWords(to: usize, bits: i32, begin: i32, end: i32, scratch: usize): void {
  to += <usize>begin << 2;
  if (bits == 0) {
    memory.fill(to, 0, <usize>(end - begin) << 2);
    return;
  }
  const last = to + (<usize>((end - begin) & ~3) << 2), x = i32x4.splat(bits);
  for (; to < last; to += 16) v128.store(to, x);
  for (let rest = (end - begin) & 3; rest > 0; rest--, to += 4) store<i32>(to, bits);
}
