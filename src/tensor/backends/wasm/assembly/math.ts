/**
 * Arithmetic shared by the kernels: multiply-add and the exponential, four numbers at a time.
 *
 * Two habits of the whole folder, both for the compiler of V8 (numbers a nanosecond of an exponential over 2048 numbers):
 *
 *   constants   lie in memory and are loaded, before the loop or where they are used. A literal vector inside a loop is built
 *               anew at each use by Node 24 and newer (1.05; loaded 2.2), and one before the loop is moved into it by binaryen.
 *   pairs       loops take two vectors an iteration and store both at the end, the upper one first, with no load in between.
 *               This is what V8 can fuse to one operation of 256 bits (3.7), where it is asked to; without it nothing is lost.
 */

/** a b + c; fused (one rounding) in the relaxed-SIMD build, two roundings in the portable one. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** Number `index` of a table of 32-bit constants, in all four lanes; see above. */
// @ts-ignore: decorator
@inline
export function constant(table: usize, index: usize = 0): v128 {
  return v128.load32_splat(table + (index << 2));
}

/**
 * Sums in two vectors are only fused by V8 if a pair of stores leads to them: `spare` are 32 bytes of this thread's own that
 * nobody reads.
 */
// @ts-ignore: decorator
@inline
export function pair(low: v128, high: v128, spare: usize): void {
  v128.store(spare, high, 16);
  v128.store(spare, low);
}

export const ONE: usize = memory.data<f32>([1]);
/** 1 / ln 2; 1.5 x 2^23; -ln 2 in two parts; the bits of 2^0. */
const LOG2E: usize = memory.data<f32>([1.44269504]), ROUND: usize = memory.data<f32>([12582912]),
  LN2: usize = memory.data<f32>([-0.693359375, 2.12194440e-4]), BIAS: usize = memory.data<i32>([127 << 23]);
/** Where e^x is 0 below, and cut off above. */
const LOWEST: usize = memory.data<f32>([-87.33654]), HIGHEST: usize = memory.data<f32>([88.376]);
/** Cephes, expf: e^r = 1 + r + r^2 p(r), the highest power first. */
const EXP: usize = memory.data<f32>([
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
]);

/** x / ln 2 rounded to a whole number n: adding 1.5 x 2^23 leaves n in the low bits of the sum, which is returned as it is. */
// @ts-ignore: decorator
@inline
export function roundToPower(x: v128): v128 {
  return madd(x, constant(LOG2E), constant(ROUND));
}

/** e^r for the r of x = n ln 2 + r, |r| <= ln 2 / 2: a polynomial of degree 6. */
// @ts-ignore: decorator
@inline
export function expRest(x: v128, shifted: v128): v128 {
  const n = f32x4.sub(shifted, constant(ROUND));
  let r = madd(n, constant(LN2), x);
  r = madd(n, constant(LN2, 1), r);
  let p = madd(constant(EXP), r, constant(EXP, 1));
  p = madd(p, r, constant(EXP, 2));
  p = madd(p, r, constant(EXP, 3));
  p = madd(p, r, constant(EXP, 4));
  p = madd(p, r, constant(EXP, 5));
  return madd(p, f32x4.mul(r, r), f32x4.add(r, constant(ONE)));
}

/**
 * e^x = 2^n e^r, with n added to the exponent's bits. Relative error below 2e-7 in [-87, 88]; 0 below -87.33, e^88.37 (the
 * largest finite result) above 88.37.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const low = constant(LOWEST);
  const clamped = f32x4.pmax(f32x4.pmin(x, constant(HIGHEST)), low); // NaN passes
  const shifted = roundToPower(clamped);
  const exponent = i32x4.add(i32x4.shl(shifted, 23), constant(BIAS));
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

/** Load `count` numbers, at most four; the rest is filled with `fill`. */
export function loadTail(address: usize, count: i32, fill: f32): v128 {
  if (count >= 4) return v128.load(address);
  let x = f32x4.splat(fill);
  x = f32x4.replace_lane(x, 0, load<f32>(address));
  if (count > 1) x = f32x4.replace_lane(x, 1, load<f32>(address, 4));
  if (count > 2) x = f32x4.replace_lane(x, 2, load<f32>(address, 8));
  return x;
}

/** Store the first `count` numbers, at most four. */
export function storeTail(address: usize, count: i32, x: v128): void {
  if (count >= 4) {
    v128.store(address, x);
    return;
  }
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
