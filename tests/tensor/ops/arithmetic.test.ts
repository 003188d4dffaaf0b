/** Arithmetic of two operands, numbers included: gradients with every form of broadcasting, goldens, properties, errors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tensor, tensor, zeros } from '../../../src/tensor/index.ts';
import { checkGradient, distinct, float64, type Range } from '../fixtures.ts';
import { broadcasting, matches } from '../naive.ts';
import { errorTests, goldenTests, unaryGradientTests } from './families.ts';

const values = (t: Tensor) => [...t.toArray()];
const positive: Range = [0.3, 2.4];

unaryGradientTests({
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
});

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

test('equal numbers share the gradient of maximum and minimum by halves', () =>
  float64(() => {
    for (const op of ['maximum', 'minimum'] as const) {
      const [a, b] = [distinct([4], 1).requireGrad(), distinct([4], 1).requireGrad()];
      a[op](b).sum().backward();
      assert.equal([...a.grad!.toArray(), ...b.grad!.toArray()], new Array(8).fill(0.5));
    }
  }));

goldenTests('arithmetic');

test('random shapes and layouts against a formula for each element', () => {
  const ops = {
    add: (a: number, b: number) => a + b,
    sub: (a: number, b: number) => a - b,
    mul: (a: number, b: number) => a * b,
    div: (a: number, b: number) => a / b,
    maximum: (a: number, b: number) => Math.max(a, b),
    minimum: (a: number, b: number) => Math.min(a, b),
  };
  broadcasting((a, b, shape, [left, right]) => {
    for (const [op, naive] of Object.entries(ops)) {
      matches(a[op as 'add'](b), shape, (index) => naive(left(index), right(index)));
    }
  });
});

test('0 to the power 0 is 1 with gradient 0, number or tensor', () => {
  for (const exponent of [0, tensor([0, 0])]) {
    const x = tensor([0, 2]).requireGrad();
    const y = x.pow(exponent);
    assert.equal(values(y), [1, 1]);
    y.sum().backward();
    assert.equal(values(x.grad!), [0, 0]);
  }
  const [base, exponent] = [tensor([0, 0, 0]).requireGrad(), tensor([0, 1, 2]).requireGrad()];
  base.pow(exponent).sum().backward();
  assert.equal(
    [values(base.grad!), values(exponent.grad!)],
    [
      [0, 1, 0],
      [0, 0, 0],
    ],
  );
});

const a = zeros([2, 3]);
const b = zeros([4, 5]);
errorTests(
  (['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum'] as const).map((op) => [
    op,
    () => a[op](b),
    `${op}: `,
    '[2, 3]',
    '[4, 5]',
  ]),
);

test.run();
