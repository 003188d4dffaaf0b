/** Sum, mean and expand: gradients over every choice of axes, goldens, properties, errors. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { zeros } from '../../../src/tensor/index.ts';
import { checkGradient, ids, throwsWith } from '../fixtures.ts';
import { element, layout, made, matches, reductions, runs, seed, shapes, total } from '../naive.ts';
import { errorTests, goldenTests, gradientTests } from './families.ts';

const reductionOps = ['sum', 'mean'] as const;
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

for (const op of reductionOps) {
  test(`${op} over every choice of axes`, () => {
    for (const axes of axesLists) {
      for (const keepDim of [false, true]) {
        checkGradient({
          name: `${op} over ${JSON.stringify(axes)} keepDim ${keepDim}`,
          inputs: [[2, 3, 4]],
          fn: (x) => x[op](axes, { keepDim }),
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

gradientTests(
  [
    { name: 'expand', inputs: [[3, 1]], fn: (x) => x.expand([2, 3, 4]) },
    { name: 'expand of one number', inputs: [[]], fn: (x) => x.expand([2, 3]) },
    { name: 'expand to nothing new', inputs: [[2, 3]], fn: (x) => x.expand([2, 3]) },
    { name: 'expand of an expanded tensor', inputs: [[3, 1]], fn: (x) => x.expand([3, 4]).expand([2, 3, 4]) },
  ],
  3,
);

goldenTests('sum');

test('sum and mean: every subset of axes against a loop', () => {
  reductions((x, axes, keepDim, check) => {
    check(x.sum(axes, { keepDim }), total);
    if (axes.some((axis) => x.shape[axis] === 0)) return;
    check(x.mean(axes, { keepDim }), (list) => total(list) / list.length);
  });
});

test('expand: random shapes and layouts against a formula for each element', () => {
  fc.assert(
    fc.property(shapes, layout, seed, (shape, how, draw) => {
      const x = made(shape, how, draw);
      matches(x.unsqueeze(0).expand([3, ...shape]), [3, ...shape], ([, ...index]) => element(x, index));
    }),
    { ...runs, numRuns: 120 },
  );
});

test('the mean of integers would be cut to an integer: refused', () => {
  throwsWith(() => ids([1, 2]).mean(), 'mean', 'int32', '.to(');
  assert.is(ids([1, 2]).to('float32').mean().item(), 1.5);
});

const a = zeros([2, 3]);
errorTests([
  ['expand', () => a.expand([4, 3]), 'expand', '[2, 3]', '[4, 3]'],
  ['expand to fewer axes', () => a.expand([3]), 'expand', '[2, 3]', '[3]'],
  ['expand of a longer axis', () => a.expand([2, 1]), 'expand', '[2, 3]', '[2, 1]'],
  ['sum, axis', () => a.sum(2), 'sum', 'axis 2', '[2, 3]'],
  ['sum, axis twice', () => a.sum([1, -1]), 'sum', '[1, -1]', 'twice'],
  ['mean of nothing', () => zeros([2, 0]).mean(-1), 'mean', '[2, 0]'],
]);

test.run();
