/** where, maskedFill and clamp: gradients by central differences, goldens, properties, errors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { where, zeros } from '../../../src/tensor/index.ts';
import { distinct, float64, type GradientCase, ids, throwsWith } from '../fixtures.ts';
import { broadcasting, matches } from '../naive.ts';
import { errorTests, goldenTests, gradientTests, unaryGradientTests } from './families.ts';

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

gradientTests(selections, 4);

unaryGradientTests({
  clamp: [(x) => x.clamp({ min: -0.5, max: 0.7 })],
  'clamp from below': [(x) => x.clamp({ min: 0.1 })],
  'clamp from above': [(x) => x.clamp({ max: 0.1 })],
});

test('where(c, x, x) hands on the whole gradient once', () =>
  float64(() => {
    const x = distinct([2, 3]).requireGrad();
    where(condition(), x, x).sum().backward();
    assert.equal([...x.grad!.toArray()], [1, 1, 1, 1, 1, 1]);
  }));

test('the limits of clamp still let the gradient through', () =>
  float64(() => {
    const x = distinct([3]).requireGrad();
    const [low, , high] = [...x.toArray()].sort((a, b) => a - b) as [number, number, number];
    x.clamp({ min: low, max: high }).sum().backward();
    assert.equal([...x.grad!.toArray()], [1, 1, 1]);
  }));

goldenTests('select');

test('where: random shapes and layouts against a formula for each element', () => {
  broadcasting((a, b, shape, [left, right]) => {
    matches(where(a.gt(0), a, b), shape, (index) => (left(index) > 0 ? left(index) : right(index)));
  });
});

const a = zeros([2, 3]);
const b = zeros([4, 5]);
errorTests([
  ['where', () => where(ids([1, 0]), a, b), 'where', '[2]', '[2, 3]', '[4, 5]'],
  ['maskedFill', () => a.maskedFill(ids([1, 0]), 0), '[2]', '[2, 3]'],
]);

test('clamp refuses limits in the wrong order', () => {
  throwsWith(() => a.clamp({ min: 1, max: 0 }), 'clamp', '1', '0');
});

test.run();
