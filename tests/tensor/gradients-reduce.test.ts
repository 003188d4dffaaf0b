/** Adjoints of reductions, matrix products, softmax and cross-entropy, against central differences. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gradcheck, type Tensor } from '../../src/tensor/index.ts';
import { checkGradient, distinct, float64, type GradientCase, ids } from './fixtures.ts';

const reductions = ['sum', 'mean', 'max', 'min', 'logSumExp'] as const;
const axesLists: (number | number[] | undefined)[] = [
  undefined,
  0,
  1,
  2,
  -1,
  -2,
  [0, 1],
  [0, 2],
  [-1, -2],
  [2, 0],
  [0, 1, 2],
  [],
];

for (const op of reductions) {
  test(`${op} over every choice of axes`, () => {
    for (const axes of axesLists) {
      for (const keepDim of [false, true]) {
        checkGradient({
          name: `${op} over ${JSON.stringify(axes)} keepDim ${keepDim}`,
          inputs: [[2, 3, 4]],
          fn: (x) => x[op](axes, { keepDim }),
          without: op === 'max' || op === 'min' ? ['expanded'] : [],
        });
      }
    }
    for (const shape of [[], [1], [5], [3, 1], [1, 1, 4]]) {
      checkGradient({
        name: `${op} of [${shape}]`,
        inputs: [shape],
        fn: (x) => x[op](),
        without: ['expanded'],
      });
    }
  });
}

test('equal largest elements share the gradient evenly', () =>
  float64(() => {
    const x = distinct([2, 3]).gt(-9).requireGrad(); // all ones
    x.max(-1)
      .mul(distinct([2]))
      .sum()
      .backward();
    const [a, b] = [...distinct([2]).toArray()] as [number, number];
    const expected = [a / 3, a / 3, a / 3, b / 3, b / 3, b / 3];
    x.grad!.toArray().forEach((value, i) => {
      assert.ok(Math.abs(value - expected[i]!) < 1e-15);
    });
  }));

const products: [string, readonly number[], readonly number[]][] = [
  ['plain', [2, 3], [3, 4]],
  ['one row', [1, 3], [3, 5]],
  ['one column', [4, 3], [3, 1]],
  ['outer product', [5, 1], [1, 4]],
  ['tile edges', [5, 3], [3, 6]],
  ['whole tiles', [4, 2], [2, 4]],
  ['batch x matrix', [2, 3, 4], [4, 2]],
  ['matrix x batch', [3, 4], [2, 4, 2]],
  ['batch x batch', [2, 3, 4], [2, 4, 2]],
  ['stretched batch axes', [2, 1, 2, 3], [3, 3, 2]],
  ['stretched both ways', [2, 1, 2, 2], [1, 3, 2, 2]],
];

for (const [name, left, right] of products) {
  test(`matmul: ${name}`, () => {
    checkGradient({ name, inputs: [left, right], fn: (a, b) => a.matmul(b) });
    checkGradient({
      name: `${name}, transposed`,
      inputs: [left.toSpliced(-2, 2, left.at(-1)!, left.at(-2)!), right],
      fn: (a, b) => a.transpose().matmul(b),
    });
  });
}

test('matmul with an empty inner axis gives zeros and a gradient of nothing', () =>
  float64(() => {
    for (const [left, right] of [
      [
        [2, 0],
        [0, 3],
      ],
      [
        [2, 2, 0],
        [0, 3],
      ],
      [
        [2, 2, 0],
        [2, 0, 3],
      ],
      [
        [0, 3],
        [3, 2],
      ],
    ] as const) {
      const a = distinct(left).requireGrad();
      const b = distinct(right).requireGrad();
      const y = a.matmul(b);
      assert.equal(y.shape, [...left.slice(0, -1), right.at(-1)]);
      assert.ok(y.toArray().every((value) => value === 0));
      y.sum().backward();
      assert.equal([a.grad!.shape, b.grad!.shape], [a.shape, b.shape]);
      assert.ok(b.grad!.toArray().every((value) => value === 0));
    }
  }));

for (const op of ['softmax', 'logSoftmax'] as const) {
  test(op, () => {
    for (const [shape, axis] of [
      [[5], -1],
      [[3, 4], -1],
      [[3, 4], 0],
      [[2, 3, 2], 1],
      [[2, 1], -1],
    ] as const) {
      checkGradient({ name: `${op} of [${shape}] along ${axis}`, inputs: [shape], fn: (x) => x[op](axis) });
    }
  });
}

test('softmax with blocked entries', () => {
  const mask = ids([
    [0, 1, 0],
    [0, 0, 1],
  ]);
  const fn = (x: Tensor) => x.maskedFill(mask, -Infinity).softmax();
  checkGradient({ name: 'masked softmax', inputs: [[2, 3]], fn });
});

test('softmax of large scores', () =>
  float64(() => {
    // Differences around 500 still decide between neighbours: the step must see them.
    const x = distinct([2, 4], 1, [500, 502]).requireGrad();
    gradcheck((t) => t.softmax(), [x]);
    gradcheck((t) => t.logSoftmax(), [x]);
    gradcheck((t) => t.logSumExp(-1), [x]);
  }));

const targets = ids([3, -100, 0, 2, -100]);
const losses: GradientCase[] = (['mean', 'sum', 'none'] as const).map((reduction) => ({
  name: `crossEntropy, ${reduction}`,
  inputs: [[5, 4]],
  fn: (x: Tensor) => x.crossEntropy(targets, { reduction }),
}));
losses.push(
  { name: 'crossEntropy, no row ignored', inputs: [[2, 3]], fn: (x) => x.crossEntropy(ids([2, 0])) },
  {
    name: 'crossEntropy, ignoring class 0',
    inputs: [[3, 3]],
    fn: (x) => x.crossEntropy(ids([0, 1, 2]), { ignoreIndex: 0 }),
  },
  {
    name: 'crossEntropy by strided targets',
    inputs: [[2, 3]],
    fn: (x) =>
      x.crossEntropy(
        ids([
          [2, 1],
          [0, 1],
        ])
          .slice(1, 0, 1)
          .squeeze(1),
      ),
  },
  { name: 'crossEntropy of one class', inputs: [[3, 1]], fn: (x) => x.crossEntropy(ids([0, 0, 0])) },
);
for (const one of losses) test(one.name, () => assert.is(checkGradient(one), 4));

test('crossEntropy equals the log-probability of the target', () =>
  float64(() => {
    const x = distinct([3, 4]).requireGrad();
    const classes = ids([2, 0, 3]);
    const fused = x.crossEntropy(classes);
    const composed = x.logSoftmax().gather(1, classes.unsqueeze(1)).mean().neg();
    assert.ok(Math.abs(fused.item() - composed.item()) < 1e-14);
    fused.backward();
    const first = x.grad!.toArray();
    x.grad = null;
    composed.backward();
    x.grad!.toArray().forEach((value, i) => {
      assert.ok(Math.abs(value - first[i]!) < 1e-14);
    });
  }));

test.run();
