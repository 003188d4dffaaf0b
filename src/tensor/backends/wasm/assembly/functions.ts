/**
 * The exponential and the logarithm on the whole line, four numbers at a time. Errors are stated in unary.ts.
 */
import { expRest, madd, roundToPower } from './math';

/**
 * e^x on the whole line: as exp4 (math.ts), but the power of two is applied in two halves, so that results become subnormal and
 * 0 below -87.3, and Infinity above 88.72. NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function expWide4(x: v128): v128 {
  const clamped = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-105));
  const shifted = roundToPower(clamped), p = expRest(clamped, shifted);
  const power = i32x4.sub(shifted, i32x4.splat(0x4b400000)), half = i32x4.shr_s(power, 1);
  const bias = i32x4.splat(127);
  const first = i32x4.shl(i32x4.add(half, bias), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(power, half), bias), 23);
  return f32x4.mul(f32x4.mul(p, first), second);
}

/**
 * ln x: x = 2^e m with m in [sqrt(1/2), sqrt(2)), a polynomial of degree 8 for ln m (Cephes, logf). ln 0 = -Infinity, NaN
 * below.
 */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const isSmall = f32x4.lt(x, f32x4.splat(1.17549435e-38)); // subnormal: scale up first
  const normal = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, isSmall);
  let e = i32x4.sub(i32x4.shr_u(normal, 23), i32x4.splat(126));
  e = i32x4.sub(e, v128.and(isSmall, i32x4.splat(23)));
  let m = v128.or(v128.and(normal, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000)); // [1/2, 1)
  const isLow = f32x4.lt(m, f32x4.splat(0.707106781186547524));
  e = i32x4.add(e, isLow); // true is -1
  m = f32x4.sub(f32x4.add(m, v128.and(isLow, m)), f32x4.splat(1));
  const z = f32x4.mul(m, m), n = f32x4.convert_i32x4_s(e);
  let p = madd(f32x4.splat(7.0376836292e-2), m, f32x4.splat(-1.1514610310e-1));
  p = madd(p, m, f32x4.splat(1.1676998740e-1));
  p = madd(p, m, f32x4.splat(-1.2420140846e-1));
  p = madd(p, m, f32x4.splat(1.4249322787e-1));
  p = madd(p, m, f32x4.splat(-1.6668057665e-1));
  p = madd(p, m, f32x4.splat(2.0000714765e-1));
  p = madd(p, m, f32x4.splat(-2.4999993993e-1));
  p = madd(p, m, f32x4.splat(3.3333331174e-1));
  let y = f32x4.mul(f32x4.mul(p, m), z);
  y = madd(n, f32x4.splat(-2.12194440e-4), y);
  y = madd(z, f32x4.splat(-0.5), y);
  let result = madd(n, f32x4.splat(0.693359375), f32x4.add(m, y));
  const infinity = f32x4.splat(f32.MAX_VALUE);
  result = v128.bitselect(x, result, f32x4.gt(x, infinity)); // Infinity
  result = v128.bitselect(f32x4.splat(-Infinity), result, f32x4.eq(x, f32x4.splat(0)));
  const valid = f32x4.ge(x, f32x4.splat(0)); // false for NaN
  return v128.bitselect(result, f32x4.splat(NaN), valid);
}
