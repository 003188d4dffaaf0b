/** Largest and smallest elements, argmax and logSumExp: gradients over every choice of axes, goldens, properties, errors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gradcheck, tensor, zeros } from '../../../src/tensor/index.ts';
import { allClose } from '../../close.ts';
import { checkGradient, distinct, float64 } from '../fixtures.ts';
import { alongAxis, matches, reductions, total } from '../naive.ts';
import { errorTests, goldenTests } from './families.ts';

const reductionOps = ['max', 'min', 'logSumExp'] as const;
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

goldenTests('extrema');

test('max, min and logSumExp: every subset of axes against a loop', () => {
  reductions((x, axes, keepDim, check) => {
    if (axes.some((axis) => x.shape[axis] === 0)) return;
    check(x.max(axes, { keepDim }), (list) => Math.max(...list));
    check(x.min(axes, { keepDim }), (list) => Math.min(...list));
    check(x.logSumExp(axes, { keepDim }), (list) => Math.log(total(list.map(Math.exp))));
  });
});

test('argmax along an axis against a loop', () => {
  alongAxis((x, axis, line) => {
    if (x.shape[axis]! === 0) return;
    matches(x.argmax(axis), x.shape.toSpliced(axis, 1), (index) => {
      const all = line(index.toSpliced(axis, 0, 0));
      return all.indexOf(Math.max(...all));
    });
  });
});

test('logSumExp of large scores', () =>
  float64(() => {
    // Differences around 500 still decide between neighbours: the step must see them.
    gradcheck((t) => t.logSumExp(-1), [distinct([2, 4], 1, [500, 502]).requireGrad()]);
  }));

test('logSumExp of -Infinity only is ln 0 = -Infinity, with +Infinity it is +Infinity', () => {
  allClose(
    tensor([
      [-Infinity, -Infinity],
      [0, -Infinity],
      [Infinity, 3],
    ])
      .logSumExp(-1)
      .toArray(),
    [-Infinity, 0, Infinity],
    { absolute: 0, relative: 0 },
  );
});

const a = zeros([2, 3]);
errorTests([
  ['max of nothing', () => zeros([2, 0]).max(-1), 'max', '[2, 0]'],
  ['min of nothing', () => zeros([0]).min(), 'min', '[0]'],
  ['logSumExp of nothing', () => zeros([0]).logSumExp(), '[0]'],
  ['argmax of nothing', () => zeros([2, 0]).argmax(), 'argmax', '[2, 0]'],
  ['argmax, axis', () => a.argmax(2), 'argmax', 'axis 2', '[2, 3]'],
]);

test.run();
