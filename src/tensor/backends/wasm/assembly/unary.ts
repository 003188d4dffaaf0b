/**
 * Functions of one number, four at a time.
 *
 * One item is one element of the result in row-major order, so a share may begin and end anywhere. Every function is computed
 * by the same vector instructions wherever the element lies (the last 1 to 3 of a row are padded), hence a split changes no
 * bit.
 *
 * Errors against correctly rounded results (ulp = unit in the last place; tests/tensor/backends/cases.ts holds them):
 *   exact       neg abs sqrt square reciprocal relu
 *   rsqrt 1     exp 2    log 1    sigmoid 3    silu 4    tanh 3    sin cos erf 1 (double precision inside)
 * exp, sigmoid and silu follow the reference into zero, infinity and NaN.
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
