/**
 * The one place where ops become methods of Tensor, so that formulas read from left to right.
 *
 * Nothing is computed here. Each line names an op; its formula, adjoint and errors are in ops/.
 */
import { backward } from './autograd.ts';
import { erf, gelu, logSigmoid, relu, sigmoid, silu, tanh } from './ops/activations.ts';
import { add, div, maximum, minimum, mul, pow, sub } from './ops/arithmetic.ts';
import { to } from './ops/cast.ts';
import { eq, ge, gt, le, lt, ne } from './ops/compare.ts';
import { crossEntropy } from './ops/cross-entropy.ts';
import { dropout } from './ops/dropout.ts';
import { abs, cos, exp, log, neg, reciprocal, rsqrt, sin, sqrt, square } from './ops/elementwise.ts';
import { argmax, logSumExp, max, min } from './ops/extrema.ts';
import { embedding, gather, indexSelect } from './ops/indexing.ts';
import { matmul } from './ops/matmul.ts';
import { cumsum, sort, topK } from './ops/order.ts';
import { clamp, maskedFill } from './ops/select.ts';
import { clone, contiguous, permute, reshape, squeeze, transpose, unsqueeze } from './ops/shape.ts';
import { pad, slice, split } from './ops/slice.ts';
import { logSoftmax, softmax } from './ops/softmax.ts';
import { expand, mean, sum } from './ops/sum.ts';
import { Tensor } from './tensor.ts';

const methods = {
  add,
  sub,
  mul,
  div,
  pow,
  maximum,
  minimum,
  neg,
  abs,
  exp,
  log,
  sqrt,
  rsqrt,
  square,
  reciprocal,
  sin,
  cos,
  sigmoid,
  logSigmoid,
  silu,
  tanh,
  relu,
  gelu,
  erf,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  clamp,
  maskedFill,
  sum,
  mean,
  max,
  min,
  argmax,
  logSumExp,
  cumsum,
  sort,
  topK,
  matmul,
  reshape,
  permute,
  transpose,
  squeeze,
  unsqueeze,
  contiguous,
  clone,
  expand,
  slice,
  pad,
  split,
  gather,
  indexSelect,
  embedding,
  softmax,
  logSoftmax,
  crossEntropy,
  dropout,
  to,
  backward,
};

/** An op `f(x, ...rest)` seen as the method `x.f(...rest)`. */
type Method<F> = F extends (x: Tensor, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;
type Methods = { readonly [Name in keyof typeof methods]: Method<(typeof methods)[Name]> };

declare module './tensor.ts' {
  interface Tensor extends Methods {}
}

for (const [name, op] of Object.entries(methods)) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]) {
      return (op as (x: Tensor, ...rest: never[]) => unknown)(this, ...rest);
    },
    writable: true,
  });
}
