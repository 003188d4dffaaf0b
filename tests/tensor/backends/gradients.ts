/**
 * Compositions of all differentiable ops, to compare their gradients between backends and element types.
 */
import type { Backend } from '../../../src/tensor/backend.ts';
import {
  concat,
  type FloatDType,
  type Shape,
  scope,
  stack,
  type Tensor,
  where,
  withDefaults,
} from '../../../src/tensor/index.ts';
import { sizeOf } from '../../../src/tensor/shape.ts';
import { distinct, ids } from '../fixtures.ts';

export interface GradientPair {
  readonly name: string;
  readonly inputs: readonly Shape[];
  readonly fn: (...inputs: Tensor[]) => Tensor;
}

const one = [[5, 7]] as const;
const two = [
  [5, 7],
  [5, 7],
] as const;

export const gradientCases: readonly GradientPair[] = [
  {
    name: 'functions of one number',
    inputs: one,
    fn: (x) => x.exp().add(x.sigmoid()).mul(x.silu()).add(x.tanh()),
  },
  {
    name: 'roots and logarithm',
    inputs: one,
    fn: (x) => x.square().add(0.5).sqrt().add(x.abs().add(1).log()).mul(x.square().add(1).rsqrt()),
  },
  {
    name: 'circle, erf, gelu, relu',
    inputs: one,
    fn: (x) => x.sin().mul(x.cos()).add(x.erf()).add(x.gelu()).add(x.relu()),
  },
  {
    name: 'reciprocal, neg, pow, clamp',
    inputs: one,
    fn: (x) =>
      x
        .square()
        .add(1)
        .reciprocal()
        .neg()
        .add(x.pow(3))
        .add(x.clamp({ min: -0.5, max: 0.7 })),
  },
  {
    name: 'arithmetic',
    inputs: two,
    fn: (a, b) => a.mul(b).add(a.sub(b)).div(b.square().add(1)).add(a.maximum(b)).sub(a.minimum(b)),
  },
  { name: 'broadcasting', inputs: [[4, 5, 6], [6], [5, 1]], fn: (a, b, c) => a.mul(b).add(c).mul(c).sub(b) },
  {
    name: 'broadcasting both ways',
    inputs: [
      [4, 1, 6],
      [5, 1],
    ],
    fn: (a, b) => a.mul(b).add(b),
  },
  {
    name: 'where and maskedFill',
    inputs: two,
    fn: (a, b) => where(a.gt(0.1), a, b).mul(a.maskedFill(b.lt(0), -2)),
  },
  {
    name: 'sum, mean, max, min',
    inputs: [[3, 4, 5]],
    fn: (x) =>
      x
        .sum([0, 2])
        .add(x.mean(0).sum(1))
        .add(x.max(2).sum(0))
        .add(x.min([0, 2])),
  },
  {
    name: 'logSumExp and cumsum',
    inputs: one,
    fn: (x) => x.cumsum(0).add(x.logSumExp(-1, { keepDim: true })),
  },
  { name: 'softmax', inputs: one, fn: (x) => x.mul(3).softmax(-1).add(x.softmax(0)) },
  { name: 'logSoftmax', inputs: one, fn: (x) => x.mul(3).logSoftmax(-1).add(x.logSoftmax(0)) },
  { name: 'crossEntropy', inputs: [[6, 9]], fn: (x) => x.crossEntropy(ids([1, 8, -100, 0, 3, 3])) },
  {
    name: 'matmul',
    inputs: [
      [2, 5, 7],
      [7, 3],
    ],
    fn: (a, b) => a.matmul(b).matmul(b.transpose()),
  },
  {
    name: 'attention, composed',
    inputs: [
      [2, 6, 8],
      [2, 6, 8],
    ],
    fn: (a, b) => a.matmul(b.transpose()).mul(0.35).softmax(-1).matmul(b),
  },
  {
    name: 'movement',
    inputs: [[3, 4, 5]],
    fn: (x) =>
      concat([x.permute([2, 0, 1]).reshape([5, 12]), x.transpose().reshape([5, 12])], 0)
        .slice(0, 1, 8)
        .contiguous(),
  },
  {
    name: 'stack, expand, pick',
    inputs: two,
    fn: (a, b) => stack([a, b], 1).mul(a.slice(0, 0, 1).expand([5, 7]).unsqueeze(1)),
  },
  {
    name: 'embedding',
    inputs: [[6, 4]],
    fn: (x) =>
      x
        .embedding(
          ids([
            [0, 3, 3],
            [5, 1, 0],
          ]),
        )
        .square(),
  },
  {
    name: 'gather',
    inputs: [[2, 4]],
    fn: (x) =>
      x
        .gather(
          -1,
          ids([
            [0, 3, 3],
            [1, 1, 1],
          ]),
        )
        .exp(),
  },
  {
    name: 'rmsNorm, composed',
    inputs: [[3, 8], [8]],
    fn: (x, w) => x.mul(x.square().mean(-1, { keepDim: true }).add(1e-6).rsqrt()).mul(w),
  },
];

/** Value and gradients of `fn` under a fixed upstream gradient. */
export function gradientsOf(
  backend: Backend,
  dtype: FloatDType,
  inputs: readonly Shape[],
  fn: (...inputs: Tensor[]) => Tensor,
): ArrayLike<number>[] {
  return withDefaults({ backend, dtype }, () =>
    scope(() => {
      const leaves = inputs.map((shape, i) =>
        distinct(shape, i + 1)
          .to(dtype)
          .detach()
          .requireGrad(),
      );
      const y = fn(...leaves);
      const upstream = distinct(y.shape, 9).to(dtype);
      y.mul(upstream)
        .mul(1 / Math.sqrt(sizeOf(y.shape) || 1))
        .sum()
        .backward();
      return [y, ...leaves.map((leaf) => leaf.grad!)].map((tensor) => tensor.toArray());
    }),
  );
}
