/**
 * Elementwise kernels: a table of functions and one loop for each number of operands.
 *
 * All arithmetic is done in double precision and rounded once, when stored. (A loop written out for every function is about four
 * times as fast, since a call whose target changes cannot be inlined: the wasm backend does that, this one is to be read.)
 */
import type { BinaryKind, Operand, UnaryKind } from '../../backend.ts';
import { type DType, dtypeOf, type HostArray, hostArray } from '../../dtype.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import type { View } from '../../view.ts';
import { forEachElement, type Walk } from '../../walk.ts';
import { erf } from './erf.ts';
import { host, rowMajor } from './memory.ts';

const unaryFunctions: Record<UnaryKind, (x: number) => number> = {
  neg: (x) => -x,
  abs: (x) => Math.abs(x),
  exp: (x) => Math.exp(x),
  log: (x) => Math.log(x),
  sqrt: (x) => Math.sqrt(x),
  rsqrt: (x) => 1 / Math.sqrt(x),
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  sin: (x) => Math.sin(x),
  cos: (x) => Math.cos(x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  silu: (x) => x / (1 + Math.exp(-x)),
  tanh: (x) => Math.tanh(x),
  relu: (x) => Math.max(x, 0),
  erf,
};

const binaryFunctions: Record<BinaryKind, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  eq: (a, b) => (a === b ? 1 : 0),
  ne: (a, b) => (a !== b ? 1 : 0),
  lt: (a, b) => (a < b ? 1 : 0),
  le: (a, b) => (a <= b ? 1 : 0),
  gt: (a, b) => (a > b ? 1 : 0),
  ge: (a, b) => (a >= b ? 1 : 0),
};

export function unary(kind: UnaryKind, x: View): HostArray {
  const f = unaryFunctions[kind];
  const data = rowMajor(x);
  const y = hostArray(dtypeOf(x.data), data.length);
  for (let i = 0; i < y.length; i++) y[i] = f(data[i]!);
  return y;
}

export function binary(kind: BinaryKind, a: Operand, b: Operand, shape: Shape, dtype: DType): HostArray {
  const f = binaryFunctions[kind];
  const [left, walkLeft] = operand(a, shape, dtype);
  const [right, walkRight] = operand(b, shape, dtype);
  const y = hostArray(dtype, sizeOf(shape));
  let i = 0;
  forEachElement(shape, [walkLeft, walkRight], ([p, q]) => {
    y[i++] = f(left[p!]!, right[q!]!);
  });
  return y;
}

export function where(condition: View, a: Operand, b: Operand, shape: Shape, dtype: DType): HostArray {
  const mask = host(condition.data);
  const [left, walkLeft] = operand(a, shape, dtype);
  const [right, walkRight] = operand(b, shape, dtype);
  const y = hostArray(dtype, sizeOf(shape));
  let i = 0;
  forEachElement(shape, [condition, walkLeft, walkRight], ([c, p, q]) => {
    y[i++] = mask[c!] !== 0 ? left[p!]! : right[q!]!;
  });
  return y;
}

/** A number is a view of one element with step 0 along every axis. */
function operand(value: Operand, shape: Shape, dtype: DType): [HostArray, Walk] {
  if (typeof value !== 'number') return [host(value.data), value];
  // float64 holds the number as it is; an int32 array would round a fraction away before the comparison.
  const one = dtype === 'float32' ? new Float32Array(1) : new Float64Array(1);
  one[0] = value;
  return [one, { offset: 0, stride: shape.map(() => 0) }];
}
