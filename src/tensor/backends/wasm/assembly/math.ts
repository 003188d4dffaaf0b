/**
 * Arithmetic shared by the kernels: multiply-add and the exponential, four numbers at a time.
 */

/** a b + c; fused (one rounding) in the relaxed-SIMD build, two roundings in the portable one. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** x / ln 2 rounded to a whole number n: adding 1.5 x 2^23 leaves n in the low bits of the sum, which is returned as it is. */
// @ts-ignore: decorator
@inline
export function roundToPower(x: v128): v128 {
  return madd(x, f32x4.splat(1.44269504), f32x4.splat(12582912));
}

/** e^r for the r of x = n ln 2 + r, |r| <= ln 2 / 2: a polynomial of degree 6 (Cephes, expf). */
// @ts-ignore: decorator
@inline
export function expRest(x: v128, shifted: v128): v128 {
  const n = f32x4.sub(shifted, f32x4.splat(12582912));
  let r = madd(n, f32x4.splat(-0.693359375), x);
  r = madd(n, f32x4.splat(2.12194440e-4), r);
  let p = madd(f32x4.splat(1.9875691500e-4), r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  return madd(p, f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1)));
}

/**
 * e^x = 2^n e^r, with n added to the exponent's bits. Relative error below 2e-7 in [-87, 88]; 0 below -87.33, e^88.37 (the
 * largest finite result) above 88.37.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const low = f32x4.splat(-87.33654), high = f32x4.splat(88.376);
  const clamped = f32x4.pmax(f32x4.pmin(x, high), low); // NaN passes
  const shifted = roundToPower(clamped);
  const exponent = i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(127 << 23));
  // NaN comes out as NaN, -Infinity as 0.
  return v128.andnot(f32x4.mul(expRest(clamped, shifted), exponent), f32x4.lt(x, low));
}

/** Sum of the four lanes, always in the same order. */
// @ts-ignore: decorator
@inline
export function sum4(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

// @ts-ignore: decorator
@inline
export function max4(x: v128): f32 {
  return max(max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)), max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)));
}

/** Load `count` (1 to 3) numbers, the rest filled with `fill`. */
export function loadTail(address: usize, count: i32, fill: f32): v128 {
  let x = f32x4.splat(fill);
  x = f32x4.replace_lane(x, 0, load<f32>(address));
  if (count > 1) x = f32x4.replace_lane(x, 1, load<f32>(address, 4));
  if (count > 2) x = f32x4.replace_lane(x, 2, load<f32>(address, 8));
  return x;
}

export function storeTail(address: usize, count: i32, x: v128): void {
  store<f32>(address, f32x4.extract_lane(x, 0));
  if (count > 1) store<f32>(address, f32x4.extract_lane(x, 1), 4);
  if (count > 2) store<f32>(address, f32x4.extract_lane(x, 2), 8);
}

/** `count` (1 to 4) numbers `step` bytes apart; the rest are ones. */
export function gather4(from: usize, step: usize, count: i32): v128 {
  let x = f32x4.splat(1);
  x = f32x4.replace_lane(x, 0, load<f32>(from));
  if (count > 1) x = f32x4.replace_lane(x, 1, load<f32>(from + step));
  if (count > 2) x = f32x4.replace_lane(x, 2, load<f32>(from + 2 * step));
  if (count > 3) x = f32x4.replace_lane(x, 3, load<f32>(from + 3 * step));
  return x;
}
