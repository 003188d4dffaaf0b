/** The matrix product: gradients, goldens, the textbook triple loop on random odd and empty sizes, errors. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Shape, type Tensor, zeros } from '../../../src/tensor/index.ts';
import { allClose } from '../../close.ts';
import { checkGradient, distinct, float64 } from '../fixtures.ts';
import { element, indices, layout, made, runs, seed } from '../naive.ts';
import { errorTests, goldenTests } from './families.ts';

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

goldenTests('matmul');

/** The textbook triple loop over the last two axes, everything broadcast. */
function naiveMatmul(a: Tensor, b: Tensor, batch: Shape): number[] {
  const [m, k, n] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!];
  const own = (t: Tensor, index: number[], row: number, column: number) => {
    const lead = t.rank - 2;
    const place = index.slice(index.length - lead).map((i, axis) => (t.shape[axis] === 1 ? 0 : i));
    return element(t, [...place, row, column]);
  };
  const result: number[] = [];
  for (const index of indices(batch)) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += own(a, index, i, l) * own(b, index, l, j);
        result.push(sum);
      }
    }
  }
  return result;
}

test('matmul: odd and empty sizes, few rows and many, strided and stretched batches', () => {
  const size = fc.integer({ min: 0, max: 9 });
  const batches = fc.constantFrom<[Shape, Shape, Shape]>(
    [[], [], []],
    [[2], [], [2]],
    [[], [3], [3]],
    [[2], [2], [2]],
    [[2, 1], [3], [2, 3]],
    [
      [1, 3],
      [2, 1],
      [2, 3],
    ],
    [[0], [], [0]],
    [[0], [1], [0]],
    [
      [2, 2],
      [2, 2],
      [2, 2],
    ],
  );
  const paths = new Set<string>();
  fc.assert(
    fc.property(
      size,
      size,
      size,
      batches,
      layout,
      layout,
      seed,
      (m, k, n, [left, right, batch], la, lb, draw) => {
        const a = made([...left, m, k], la, draw);
        const b = made([...right, k, n], lb, draw + 1);
        paths.add(`${m < 4 ? 'few' : 'blocked'} ${lb.name}`);
        const y = a.matmul(b);
        assert.equal([...y.shape], [...batch, m, n]);
        allClose(y.toArray(), naiveMatmul(a, b, batch), { absolute: 1e-12, relative: 1e-12 });
      },
    ),
    { ...runs, numRuns: 400 },
  );
  assert.is(paths.size, 8, 'every kernel path in every layout');
});

const a = zeros([2, 3]);
const b = zeros([4, 5]);
errorTests([
  ['matmul, inner lengths', () => a.matmul(b), 'matmul', '[2, 3]', '[4, 5]'],
  ['matmul of a vector', () => a.matmul(zeros([3])), 'matmul', '[2, 3]', '[3]', 'two axes'],
  [
    'matmul of a vector and a matrix',
    () => zeros([3]).matmul(zeros([3, 2])),
    'matmul',
    '[3]',
    '[3, 2]',
    'two axes',
  ],
  ['matmul of two vectors', () => zeros([3]).matmul(zeros([3])), 'matmul', '[3]', 'two axes'],
  ['matmul of a number', () => zeros([]).matmul(zeros([1, 1])), 'matmul', '[]', 'two axes'],
  ['matmul, leading axes', () => zeros([2, 3, 4]).matmul(zeros([5, 4, 2])), 'matmul', '[2]', '[5]'],
]);

test.run();
