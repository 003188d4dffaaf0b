/**
 * Elementwise kernels: one explicit loop for each function.
 *
 * A loop that took the function as an argument would be shorter and about four times slower: the engine cannot inline a call
 * whose target changes. All arithmetic is done in double precision and rounded once, when stored.
 */
import type { BinaryKind, Operand, UnaryKind } from '../../backend.ts';
import { type DType, type HostArray, hostArray } from '../../dtype.ts';
import { rowMajorStrides, type Shape, sizeOf } from '../../shape.ts';
import type { View } from '../../view.ts';
import { erf } from './erf.ts';
import { forEachRow, host, rowMajor, type Walk } from './loops.ts';

type UnaryLoop = (y: HostArray, x: HostArray, at: number) => void;

const unaryLoops: Record<UnaryKind, UnaryLoop> = {
  neg(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = -x[at + i]!;
  },
  abs(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = Math.abs(x[at + i]!);
  },
  exp(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = Math.exp(x[at + i]!);
  },
  log(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = Math.log(x[at + i]!);
  },
  sqrt(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = Math.sqrt(x[at + i]!);
  },
  rsqrt(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = 1 / Math.sqrt(x[at + i]!);
  },
  square(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = x[at + i]! * x[at + i]!;
  },
  reciprocal(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = 1 / x[at + i]!;
  },
  sin(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = Math.sin(x[at + i]!);
  },
  cos(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = Math.cos(x[at + i]!);
  },
  sigmoid(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = 1 / (1 + Math.exp(-x[at + i]!));
  },
  silu(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = x[at + i]! / (1 + Math.exp(-x[at + i]!));
  },
  tanh(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = Math.tanh(x[at + i]!);
  },
  relu(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = Math.max(x[at + i]!, 0);
  },
  erf(y, x, at) {
    for (let i = 0; i < y.length; i++) y[i] = erf(x[at + i]!);
  },
};

export function unary(kind: UnaryKind, x: View, dtype: DType): HostArray {
  const { data, offset } = rowMajor(x);
  const y = hostArray(dtype, sizeOf(x.shape));
  unaryLoops[kind](y, data, offset);
  return y;
}

/** One row: y[o + k] = a[i + k s] (op) b[j + k t] for k in 0..n-1. */
type BinaryRow = (
  y: HostArray,
  o: number,
  n: number,
  a: HostArray,
  i: number,
  s: number,
  b: HostArray,
  j: number,
  t: number,
) => void;

const binaryRows: Record<BinaryKind, BinaryRow> = {
  add(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = a[i]! + b[j]!;
  },
  sub(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = a[i]! - b[j]!;
  },
  mul(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = a[i]! * b[j]!;
  },
  div(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = a[i]! / b[j]!;
  },
  pow(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = a[i]! ** b[j]!;
  },
  maximum(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = Math.max(a[i]!, b[j]!);
  },
  minimum(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = Math.min(a[i]!, b[j]!);
  },
  eq(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = a[i]! === b[j]! ? 1 : 0;
  },
  ne(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = a[i]! !== b[j]! ? 1 : 0;
  },
  lt(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = a[i]! < b[j]! ? 1 : 0;
  },
  le(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = a[i]! <= b[j]! ? 1 : 0;
  },
  gt(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = a[i]! > b[j]! ? 1 : 0;
  },
  ge(y, o, n, a, i, s, b, j, t) {
    for (let k = 0; k < n; k++, i += s, j += t) y[o + k] = a[i]! >= b[j]! ? 1 : 0;
  },
};

export function binary(kind: BinaryKind, a: Operand, b: Operand, shape: Shape, dtype: DType): HostArray {
  const y = hostArray(dtype, sizeOf(shape));
  const [left, leftWalk] = operand(a, shape, dtype);
  const [right, rightWalk] = operand(b, shape, dtype);
  const row = binaryRows[kind];
  const target: Walk = { offset: 0, stride: rowMajorStrides(shape) };
  forEachRow(shape, [target, leftWalk, rightWalk], (n, starts, steps) => {
    row(y, starts[0]!, n, left, starts[1]!, steps[1]!, right, starts[2]!, steps[2]!);
  });
  return y;
}

export function where(condition: View, a: Operand, b: Operand, shape: Shape, dtype: DType): HostArray {
  const y = hostArray(dtype, sizeOf(shape));
  const mask = host(condition.data);
  const [left, leftWalk] = operand(a, shape, dtype);
  const [right, rightWalk] = operand(b, shape, dtype);
  const target: Walk = { offset: 0, stride: rowMajorStrides(shape) };
  forEachRow(shape, [target, condition, leftWalk, rightWalk], (n, starts, steps) => {
    let [o, c, i, j] = starts as [number, number, number, number];
    const [, u, s, t] = steps as [number, number, number, number];
    for (let k = 0; k < n; k++, o++, c += u, i += s, j += t) y[o] = mask[c] !== 0 ? left[i]! : right[j]!;
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
