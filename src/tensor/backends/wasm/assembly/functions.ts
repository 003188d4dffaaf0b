/**
 * The exponential and the logarithm on the whole line, four numbers at a time. Errors are stated in unary.ts.
 */
import { constant, expRest, madd, ONE, roundToPower } from './math';

/** Where e^x is Infinity and 0 in float32; the bits of 1.5 x 2^23; the exponent's bias. */
const OVER: usize = memory.data<f32>([89]), UNDER: usize = memory.data<f32>([-105]),
  ROUND_BITS: usize = memory.data<i32>([0x4b400000]), EXPONENT: usize = memory.data<i32>([127]);

/**
 * e^x on the whole line: as exp4 (math.ts), but the power of two is applied in two halves, so that results become subnormal and
 * 0 below -87.3, and Infinity above 88.72. NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function expWide4(x: v128): v128 {
  const clamped = f32x4.pmax(f32x4.pmin(x, constant(OVER)), constant(UNDER));
  const shifted = roundToPower(clamped), p = expRest(clamped, shifted);
  const power = i32x4.sub(shifted, constant(ROUND_BITS)), half = i32x4.shr_s(power, 1);
  const bias = constant(EXPONENT);
  const first = i32x4.shl(i32x4.add(half, bias), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(power, half), bias), 23);
  return f32x4.mul(f32x4.mul(p, first), second);
}

/** The smallest normal number and 2^23 to lift what is below; masks of the mantissa, and of the exponent of 1/2. */
const NORMAL: usize = memory.data<f32>([1.17549435e-38]), LIFT: usize = memory.data<f32>([8388608]),
  LIFTED: usize = memory.data<i32>([23]), HALF_EXPONENT: usize = memory.data<i32>([126]),
  MANTISSA: usize = memory.data<i32>([0x007fffff]), HALF_BITS: usize = memory.data<i32>([0x3f000000]);
const ROOT: usize = memory.data<f32>([0.707106781186547524]), MINUS_HALF: usize = memory.data<f32>([-0.5]),
  LN2: usize = memory.data<f32>([0.693359375, -2.12194440e-4]);
const LARGEST: usize = memory.data<f32>([f32.MAX_VALUE]), MINUS_INFINITY: usize = memory.data<f32>([-Infinity]),
  NOT_A_NUMBER: usize = memory.data<f32>([NaN]);
/** Cephes, logf: ln (1 + m) = m - m^2 / 2 + m^3 p(m), the highest power first. */
const LOG: usize = memory.data<f32>([
  7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1,
  -2.4999993993e-1, 3.3333331174e-1,
]);

/**
 * ln x: x = 2^e m with m in [sqrt(1/2), sqrt(2)), a polynomial of degree 8 for ln m (Cephes, logf). ln 0 = -Infinity, NaN
 * below.
 */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const isSmall = f32x4.lt(x, constant(NORMAL)); // subnormal: scale up first
  const normal = v128.bitselect(f32x4.mul(x, constant(LIFT)), x, isSmall);
  let e = i32x4.sub(i32x4.shr_u(normal, 23), constant(HALF_EXPONENT));
  e = i32x4.sub(e, v128.and(isSmall, constant(LIFTED)));
  let m = v128.or(v128.and(normal, constant(MANTISSA)), constant(HALF_BITS)); // [1/2, 1)
  const isLow = f32x4.lt(m, constant(ROOT));
  e = i32x4.add(e, isLow); // true is -1
  m = f32x4.sub(f32x4.add(m, v128.and(isLow, m)), constant(ONE));
  const z = f32x4.mul(m, m), n = f32x4.convert_i32x4_s(e);
  let p = madd(constant(LOG), m, constant(LOG, 1));
  p = madd(p, m, constant(LOG, 2));
  p = madd(p, m, constant(LOG, 3));
  p = madd(p, m, constant(LOG, 4));
  p = madd(p, m, constant(LOG, 5));
  p = madd(p, m, constant(LOG, 6));
  p = madd(p, m, constant(LOG, 7));
  p = madd(p, m, constant(LOG, 8));
  let y = f32x4.mul(f32x4.mul(p, m), z);
  y = madd(n, constant(LN2, 1), y);
  y = madd(z, constant(MINUS_HALF), y);
  let result = madd(n, constant(LN2), f32x4.add(m, y));
  result = v128.bitselect(x, result, f32x4.gt(x, constant(LARGEST))); // Infinity
  result = v128.bitselect(constant(MINUS_INFINITY), result, f32x4.eq(x, f32x4.splat(0)));
  const valid = f32x4.ge(x, f32x4.splat(0)); // false for NaN
  return v128.bitselect(result, constant(NOT_A_NUMBER), valid);
}
