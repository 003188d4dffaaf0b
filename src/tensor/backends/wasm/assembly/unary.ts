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
import { constant, loadTail, madd, ONE, storeTail } from './math';

const TWO: usize = memory.data<f32>([2]), NEAR: usize = memory.data<f32>([0.625]), SIGN: usize = memory.data<u32>([0x80000000]);
const TANH_NEAR: usize = memory.data<f32>([
  -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
]);

/** tanh x: an odd polynomial below 0.625 (Cephes, tanhf), 1 - 2 / (e^(2|x|) + 1) above, with the sign of x. */
// @ts-ignore: decorator
@inline
function tanh4(x: v128): v128 {
  const size = f32x4.abs(x), z = f32x4.mul(size, size);
  let p = madd(constant(TANH_NEAR), z, constant(TANH_NEAR, 1));
  p = madd(p, z, constant(TANH_NEAR, 2));
  p = madd(p, z, constant(TANH_NEAR, 3));
  p = madd(p, z, constant(TANH_NEAR, 4));
  const near = madd(f32x4.mul(p, z), size, size);
  const e = expWide4(f32x4.add(size, size)), one = constant(ONE);
  const far = f32x4.sub(one, f32x4.div(constant(TWO), f32x4.add(e, one)));
  const y = v128.bitselect(far, near, f32x4.gt(size, constant(NEAR)));
  return v128.or(y, v128.and(x, constant(SIGN)));
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

// Each function is a class, so that the loop below is compiled for each of them, without a test inside. (A number that says which,
// given to an inlined loop, is not enough: the compiler folds equal loops into one before it knows the number.)
// @ts-ignore: decorator
@unmanaged class Neg {
  // @ts-ignore: decorator
  @inline at(x: v128): v128 { return f32x4.neg(x); }
}
// @ts-ignore: decorator
@unmanaged class Abs {
  // @ts-ignore: decorator
  @inline at(x: v128): v128 { return f32x4.abs(x); }
}
// @ts-ignore: decorator
@unmanaged class Exp {
  // @ts-ignore: decorator
  @inline at(x: v128): v128 { return expWide4(x); }
}
// @ts-ignore: decorator
@unmanaged class Log {
  // @ts-ignore: decorator
  @inline at(x: v128): v128 { return log4(x); }
}
// @ts-ignore: decorator
@unmanaged class Sqrt {
  // @ts-ignore: decorator
  @inline at(x: v128): v128 { return f32x4.sqrt(x); }
}
// @ts-ignore: decorator
@unmanaged class Rsqrt {
  // @ts-ignore: decorator
  @inline at(x: v128): v128 { return f32x4.div(constant(ONE), f32x4.sqrt(x)); }
}
// @ts-ignore: decorator
@unmanaged class Square {
  // @ts-ignore: decorator
  @inline at(x: v128): v128 { return f32x4.mul(x, x); }
}
// @ts-ignore: decorator
@unmanaged class Reciprocal {
  // @ts-ignore: decorator
  @inline at(x: v128): v128 { return f32x4.div(constant(ONE), x); }
}
// @ts-ignore: decorator
@unmanaged class Sigmoid {
  // @ts-ignore: decorator
  @inline at(x: v128): v128 { return f32x4.div(constant(ONE), f32x4.add(constant(ONE), expWide4(f32x4.neg(x)))); }
}
// @ts-ignore: decorator
@unmanaged class Silu {
  // @ts-ignore: decorator
  @inline at(x: v128): v128 { return f32x4.div(x, f32x4.add(constant(ONE), expWide4(f32x4.neg(x)))); }
}
// @ts-ignore: decorator
@unmanaged class Tanh {
  // @ts-ignore: decorator
  @inline at(x: v128): v128 { return tanh4(x); }
}
// @ts-ignore: decorator
@unmanaged class Relu {
  // @ts-ignore: decorator
  @inline at(x: v128): v128 { return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), f32x4.splat(0)); } // NaN passes, -0 becomes 0
}

function unaryLoop<F>(x: usize, y: usize, n: i32): void {
  const f = changetype<F>(0);
  for (; n >= 8; n -= 8, x += 32, y += 32) {
    const low = f.at(v128.load(x)), high = f.at(v128.load(x, 16));
    v128.store(y, high, 16);
    v128.store(y, low);
  }
  for (; n > 0; n -= 4, x += 16, y += 16) storeTail(y, n, f.at(loadTail(x, n, 1)));
}

/** In double precision, one number after the other. */
function scalarLoop(kind: i32, x: usize, y: usize, n: i32): void {
  for (; n > 0; n--, x += 4, y += 4) {
    const value = <f64>load<f32>(x);
    store<f32>(y, <f32>(kind == SIN ? NativeMath.sin(value) : kind == COS ? NativeMath.cos(value) : erf(value)));
  }
}

const SIN: i32 = 8, COS: i32 = 9;

/** y = f(x), both row-major; `kind` is the position of f in the list (../elementwise.ts). */
export function unary(kind: i32, x: usize, y: usize, begin: i32, end: i32, scratch: usize): void {
  const n = end - begin;
  x += <usize>begin << 2;
  y += <usize>begin << 2;
  switch (kind) {
    case 0: unaryLoop<Neg>(x, y, n); break;
    case 1: unaryLoop<Abs>(x, y, n); break;
    case 2: unaryLoop<Exp>(x, y, n); break;
    case 3: unaryLoop<Log>(x, y, n); break;
    case 4: unaryLoop<Sqrt>(x, y, n); break;
    case 5: unaryLoop<Rsqrt>(x, y, n); break;
    case 6: unaryLoop<Square>(x, y, n); break;
    case 7: unaryLoop<Reciprocal>(x, y, n); break;
    case 10: unaryLoop<Sigmoid>(x, y, n); break;
    case 11: unaryLoop<Silu>(x, y, n); break;
    case 12: unaryLoop<Tanh>(x, y, n); break;
    case 13: unaryLoop<Relu>(x, y, n); break;
    default: scalarLoop(kind, x, y, n); // sin, cos, erf
  }
}
