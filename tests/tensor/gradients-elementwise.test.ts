/** Adjoints of ops of one and two numbers, against central differences, in every memory layout and broadcasting both ways. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tensor, where } from '../../src/tensor/index.ts';
import { checkGradient, distinct, float64, type GradientCase, ids, type Range } from './fixtures.ts';

const positive: Range = [0.3, 2.4];

const unaryOps: Record<string, [(x: Tensor) => Tensor, Range?]> = {
  neg: [(x) => x.neg()],
  abs: [(x) => x.abs()],
  exp: [(x) => x.exp()],
  log: [(x) => x.log(), positive],
  sqrt: [(x) => x.sqrt(), positive],
  rsqrt: [(x) => x.rsqrt(), positive],
  square: [(x) => x.square()],
  reciprocal: [(x) => x.reciprocal(), positive],
  sin: [(x) => x.sin()],
  cos: [(x) => x.cos()],
  sigmoid: [(x) => x.sigmoid()],
  logSigmoid: [(x) => x.logSigmoid()],
  silu: [(x) => x.silu()],
  tanh: [(x) => x.tanh()],
  relu: [(x) => x.relu()],
  erf: [(x) => x.erf()],
  gelu: [(x) => x.gelu()],
  'gelu tanh': [(x) => x.gelu({ approximate: 'tanh' })],
  clamp: [(x) => x.clamp({ min: -0.5, max: 0.7 })],
  'clamp from below': [(x) => x.clamp({ min: 0.1 })],
  'clamp from above': [(x) => x.clamp({ max: 0.1 })],
  'add 1.5': [(x) => x.add(1.5)],
  'sub 1.5': [(x) => x.sub(1.5)],
  'mul -2.5': [(x) => x.mul(-2.5)],
  'div -2.5': [(x) => x.div(-2.5)],
  'pow 3': [(x) => x.pow(3)],
  'pow 2': [(x) => x.pow(2)],
  'pow 1': [(x) => x.pow(1)],
  'pow 0': [(x) => x.pow(0)],
  'pow -2': [(x) => x.pow(-2), positive],
  'pow 0.5': [(x) => x.pow(0.5), positive],
  'maximum 0.25': [(x) => x.maximum(0.25)],
  'minimum 0.25': [(x) => x.minimum(0.25)],
  'to float64': [(x) => x.to('float64')],
  // The comparison is flat; only the factor x carries a gradient.
  'mask by comparison': [(x) => x.mul(x.gt(0.3))],
  'mask by ne': [(x) => x.square().mul(x.ne(0.1))],
};

for (const [name, [fn, ranges]] of Object.entries(unaryOps)) {
  test(name, () => {
    let checks = 0;
    for (const shape of [[], [1], [7], [3, 5], [2, 1, 3]]) {
      checks += checkGradient({ name, inputs: [shape], fn, ...(ranges && { ranges }) });
    }
    assert.is(checks, 20);
  });
}

const binaryOps: Record<string, [(a: Tensor, b: Tensor) => Tensor, (readonly Range[])?]> = {
  add: [(a, b) => a.add(b)],
  sub: [(a, b) => a.sub(b)],
  mul: [(a, b) => a.mul(b)],
  div: [(a, b) => a.div(b), [[-1.93, 2.11], positive]],
  pow: [(a, b) => a.pow(b), [positive, [-1.93, 2.11]]],
  maximum: [
    (a, b) => a.maximum(b),
    [
      [-1.93, 2.11],
      [-1.71, 2.3],
    ],
  ],
  minimum: [
    (a, b) => a.minimum(b),
    [
      [-1.93, 2.11],
      [-1.71, 2.3],
    ],
  ],
};

const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [3, 5],
    [3, 5],
  ],
  [[3, 5], [5]],
  [[5], [3, 5]],
  [
    [3, 1],
    [1, 5],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [1, 3],
    [4, 2, 3],
  ],
  [[], [2, 3]],
  [[2, 3], []],
  [[1], [1, 1]],
  [
    [2, 1, 3],
    [2, 5, 1],
  ],
];

for (const [name, [fn, ranges]] of Object.entries(binaryOps)) {
  test(`${name}, broadcasting both ways`, () => {
    for (const [left, right] of pairs) {
      checkGradient({
        name: `${name} ${left} with ${right}`,
        inputs: [left, right],
        fn,
        ...(ranges && { ranges }),
      });
    }
  });
}

const condition = () =>
  ids([
    [1, 0, 1],
    [0, 0, 1],
  ]);
const selections: GradientCase[] = [
  {
    name: 'where, equal shapes',
    inputs: [
      [2, 3],
      [2, 3],
    ],
    fn: (a, b) => where(condition(), a, b),
  },
  { name: 'where, both stretched', inputs: [[3], [2, 1]], fn: (a, b) => where(condition(), a, b) },
  { name: 'where, condition stretched', inputs: [[4, 2, 3], [3]], fn: (a, b) => where(condition(), a, b) },
  { name: 'where, number first', inputs: [[2, 3]], fn: (b) => where(condition(), 0.5, b) },
  { name: 'where, number second', inputs: [[2, 3]], fn: (a) => where(condition(), a, -0.5) },
  {
    name: 'where, condition from a tensor',
    inputs: [
      [2, 3],
      [2, 3],
    ],
    fn: (a, b) => where(a.gt(0), a, b),
  },
  { name: 'maskedFill', inputs: [[4, 2, 3]], fn: (x) => x.maskedFill(condition(), -7) },
  {
    name: 'maskedFill, tensor stretched to the mask',
    inputs: [[3]],
    fn: (x) => x.maskedFill(condition(), -7),
  },
];

for (const one of selections) test(one.name, () => assert.ok(checkGradient(one) >= 4));

test('one input used twice gets both gradients', () => {
  const twice: Record<string, (x: Tensor) => Tensor> = {
    'x + x': (x) => x.add(x),
    'x - x^2': (x) => x.sub(x.square()),
    'x * x': (x) => x.mul(x),
    'x / (x^2 + 1)': (x) => x.div(x.square().add(1)),
    'x ^ x': (x) => x.pow(x),
    'x x^T': (x) => x.matmul(x.transpose()),
    'where(c, x, x)': (x) => where(condition(), x, x),
    'where(c, x, 2x)': (x) => where(condition(), x, x.mul(2)),
    'x + mean x': (x) => x.add(x.mean(-1, { keepDim: true })),
  };
  for (const [name, fn] of Object.entries(twice))
    checkGradient({ name, inputs: [[2, 3]], fn, ranges: positive });
});

test('where(c, x, x) hands on the whole gradient once', () =>
  float64(() => {
    const x = distinct([2, 3]).requireGrad();
    where(condition(), x, x).sum().backward();
    assert.equal([...x.grad!.toArray()], [1, 1, 1, 1, 1, 1]);
  }));

test('equal numbers share the gradient of maximum and minimum by halves', () =>
  float64(() => {
    for (const op of ['maximum', 'minimum'] as const) {
      const [a, b] = [distinct([4], 1).requireGrad(), distinct([4], 1).requireGrad()];
      a[op](b).sum().backward();
      assert.equal([...a.grad!.toArray(), ...b.grad!.toArray()], new Array(8).fill(0.5));
    }
  }));

test('the limits of clamp still let the gradient through, relu at zero does not', () =>
  float64(() => {
    const x = distinct([3]).requireGrad();
    const [low, , high] = [...x.toArray()].sort((a, b) => a - b) as [number, number, number];
    x.clamp({ min: low, max: high }).sum().backward();
    assert.equal([...x.grad!.toArray()], [1, 1, 1]);
    const zero = x.sub(x).detach().requireGrad();
    zero.relu().sum().backward();
    assert.equal([...zero.grad!.toArray()], [0, 0, 0]);
  }));

test.run();
