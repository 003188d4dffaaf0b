/**
 * Functions of two numbers and selection, with broadcasting, four numbers at a time.
 *
 * One item is one element of the result in row-major order, as in unary.ts. All are exact but pow (1 ulp, double precision
 * inside); maximum and minimum propagate NaN.
 */
import { gather4, storeTail } from './math';

const ADD: i32 = 0, SUB: i32 = 1, MUL: i32 = 2, DIV: i32 = 3, POW: i32 = 4, MAXIMUM: i32 = 5, MINIMUM: i32 = 6, EQ: i32 = 7,
  NE: i32 = 8, LT: i32 = 9, LE: i32 = 10, GT: i32 = 11, GE: i32 = 12;

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
