/**
 * Functions of two numbers and selection, with broadcasting, four numbers at a time.
 *
 * One item is one element of the result in row-major order, as in unary.ts. All are exact but pow (1 ulp, double precision
 * inside); maximum and minimum propagate NaN.
 */
import { constant, gather4, ONE, storeTail } from './math';

/** JavaScript's power: NaN for an exponent NaN, and for a base of size 1 with an infinite exponent. */
function power(a: f32, b: f32): f32 {
  if (b == 2) return a * a;
  if (isNaN(b) || (Mathf.abs(a) == 1 && Mathf.abs(b) == Infinity)) return NaN;
  return <f32>NativeMath.pow(<f64>a, <f64>b);
}

// Classes, as in unary.ts.
// @ts-ignore: decorator
@unmanaged class Add {
  // @ts-ignore: decorator
  @inline of(a: v128, b: v128): v128 { return f32x4.add(a, b); }
}
// @ts-ignore: decorator
@unmanaged class Sub {
  // @ts-ignore: decorator
  @inline of(a: v128, b: v128): v128 { return f32x4.sub(a, b); }
}
// @ts-ignore: decorator
@unmanaged class Mul {
  // @ts-ignore: decorator
  @inline of(a: v128, b: v128): v128 { return f32x4.mul(a, b); }
}
// @ts-ignore: decorator
@unmanaged class Div {
  // @ts-ignore: decorator
  @inline of(a: v128, b: v128): v128 { return f32x4.div(a, b); }
}
// @ts-ignore: decorator
@unmanaged class Maximum {
  // @ts-ignore: decorator
  @inline of(a: v128, b: v128): v128 { return f32x4.max(a, b); }
}
// @ts-ignore: decorator
@unmanaged class Minimum {
  // @ts-ignore: decorator
  @inline of(a: v128, b: v128): v128 { return f32x4.min(a, b); }
}
// @ts-ignore: decorator
@unmanaged class Equal {
  // @ts-ignore: decorator
  @inline of(a: v128, b: v128): v128 { return v128.and(f32x4.eq(a, b), constant(ONE)); }
}
// @ts-ignore: decorator
@unmanaged class NotEqual {
  // @ts-ignore: decorator
  @inline of(a: v128, b: v128): v128 { return v128.and(f32x4.ne(a, b), constant(ONE)); }
}
// @ts-ignore: decorator
@unmanaged class Less {
  // @ts-ignore: decorator
  @inline of(a: v128, b: v128): v128 { return v128.and(f32x4.lt(a, b), constant(ONE)); }
}
// @ts-ignore: decorator
@unmanaged class LessEqual {
  // @ts-ignore: decorator
  @inline of(a: v128, b: v128): v128 { return v128.and(f32x4.le(a, b), constant(ONE)); }
}
// @ts-ignore: decorator
@unmanaged class Greater {
  // @ts-ignore: decorator
  @inline of(a: v128, b: v128): v128 { return v128.and(f32x4.gt(a, b), constant(ONE)); }
}
// @ts-ignore: decorator
@unmanaged class GreaterEqual {
  // @ts-ignore: decorator
  @inline of(a: v128, b: v128): v128 { return v128.and(f32x4.ge(a, b), constant(ONE)); }
}

/** One row; steps in bytes. */
function binaryLoop<F>(y: usize, n: i32, a: usize, s: usize, b: usize, t: usize): void {
  const f = changetype<F>(0);
  if (s == 4 && t == 4) {
    for (; n >= 8; n -= 8, y += 32, a += 32, b += 32) {
      const low = f.of(v128.load(a), v128.load(b)), high = f.of(v128.load(a, 16), v128.load(b, 16));
      v128.store(y, high, 16);
      v128.store(y, low);
    }
  } else if (s == 4 && t == 0) {
    const right = v128.load32_splat(b);
    for (; n >= 8; n -= 8, y += 32, a += 32) {
      const low = f.of(v128.load(a), right), high = f.of(v128.load(a, 16), right);
      v128.store(y, high, 16);
      v128.store(y, low);
    }
  } else if (s == 0 && t == 4) {
    const left = v128.load32_splat(a);
    for (; n >= 8; n -= 8, y += 32, b += 32) {
      const low = f.of(left, v128.load(b)), high = f.of(left, v128.load(b, 16));
      v128.store(y, high, 16);
      v128.store(y, low);
    }
  }
  for (; n > 0; n -= 4, y += 16, a += 4 * s, b += 4 * t) storeTail(y, n, f.of(gather4(a, s, n), gather4(b, t, n)));
}

function powerLoop(y: usize, n: i32, a: usize, s: usize, b: usize, t: usize): void {
  for (; n > 0; n--, y += 4, a += s, b += t) store<f32>(y, power(load<f32>(a), load<f32>(b)));
}

/** `kind` is the position of the function in the list (../elementwise.ts). */
function binaryRow(kind: i32, y: usize, n: i32, a: usize, s: usize, b: usize, t: usize): void {
  switch (kind) {
    case 0: binaryLoop<Add>(y, n, a, s, b, t); break;
    case 1: binaryLoop<Sub>(y, n, a, s, b, t); break;
    case 2: binaryLoop<Mul>(y, n, a, s, b, t); break;
    case 3: binaryLoop<Div>(y, n, a, s, b, t); break;
    case 4: powerLoop(y, n, a, s, b, t); break;
    case 5: binaryLoop<Maximum>(y, n, a, s, b, t); break;
    case 6: binaryLoop<Minimum>(y, n, a, s, b, t); break;
    case 7: binaryLoop<Equal>(y, n, a, s, b, t); break;
    case 8: binaryLoop<NotEqual>(y, n, a, s, b, t); break;
    case 9: binaryLoop<Less>(y, n, a, s, b, t); break;
    case 10: binaryLoop<LessEqual>(y, n, a, s, b, t); break;
    case 11: binaryLoop<Greater>(y, n, a, s, b, t); break;
    default: binaryLoop<GreaterEqual>(y, n, a, s, b, t);
  }
}

/**
 * y = a (op) b. The result is row-major [*, n1, n2, n3]; a and b are walked with four strides each (in elements, 0 where
 * broadcast). An operand at address 0 is the number that follows its strides.
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

/**
 * The first n & ~7 numbers of a row of `select`, whose condition lies in one piece: a and b do too, or are one number each.
 * `shift` 1 drops the sign of a float32 condition.
 */
// @ts-ignore: decorator
@inline
function selectPairs(y: usize, n: i32, c: usize, shift: i32, a: usize, isOneA: bool, b: usize, isOneB: bool): void {
  const zero = i32x4.splat(0);
  for (; n >= 8; n -= 8, y += 32, c += 32) {
    const x = isOneA ? v128.load32_splat(a) : v128.load(a), x1 = isOneA ? x : v128.load(a, 16);
    const z = isOneB ? v128.load32_splat(b) : v128.load(b), z1 = isOneB ? z : v128.load(b, 16);
    const low = v128.bitselect(z, x, i32x4.eq(i32x4.shl(v128.load(c), shift), zero));
    const high = v128.bitselect(z1, x1, i32x4.eq(i32x4.shl(v128.load(c, 16), shift), zero));
    v128.store(y, high, 16);
    v128.store(y, low);
    if (!isOneA) a += 32;
    if (!isOneB) b += 32;
  }
}

/** One row; steps in bytes. */
function selectRow(y: usize, n: i32, c: usize, s: usize, shift: i32, a: usize, t: usize, b: usize, u: usize): void {
  if (s == 4 && (t == 4 || t == 0) && (u == 4 || u == 0)) {
    if (t == 4 && u == 4) selectPairs(y, n, c, shift, a, false, b, false);
    else if (t == 4) selectPairs(y, n, c, shift, a, false, b, true);
    else if (u == 4) selectPairs(y, n, c, shift, a, true, b, false);
    else selectPairs(y, n, c, shift, a, true, b, true);
    const done = <usize>(n & ~7);
    y += 4 * done;
    c += 4 * done;
    a += done * t;
    b += done * u;
    n &= 7;
  }
  for (; n > 0; n--, y += 4, c += s, a += t, b += u) store<i32>(y, load<i32>(load<i32>(c) << shift ? a : b));
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
  const shift = isInt ? 0 : 1;
  let row = begin / n3, column = begin - row * n3, left = end - begin;
  let i2 = row % n2;
  row /= n2;
  let i1 = row % n1, i0 = row / n1;
  y += <usize>begin << 2;
  while (left > 0) {
    const n = min(left, n3 - column);
    selectRow(
      y, n,
      c + (<usize>(i0 * c0 + i1 * c1 + i2 * c2 + column * c3) << 2), <usize>c3 << 2, shift,
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
