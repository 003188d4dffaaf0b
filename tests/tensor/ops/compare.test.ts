/** Comparisons: 0 or 1 and no gradient of their own; NaN; properties, errors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tensor, zeros } from '../../../src/tensor/index.ts';
import { broadcasting, matches } from '../naive.ts';
import { errorTests, unaryGradientTests } from './families.ts';

// The comparison is flat; only the factor x carries a gradient.

unaryGradientTests({
  'mask by comparison': [(x) => x.mul(x.gt(0.3))],
  'mask by ne': [(x) => x.square().mul(x.ne(0.1))],
});

test('NaN compares as false, and is not equal to itself', () => {
  const x = tensor([Number.NaN]);
  assert.equal(
    ['eq', 'lt', 'le', 'gt', 'ge', 'ne'].map((op) => x[op as 'eq'](Number.NaN).item()),
    [0, 0, 0, 0, 0, 1],
  );
});

test('random shapes and layouts against a formula for each element', () => {
  const ops = {
    lt: (a: number, b: number) => Number(a < b),
    ge: (a: number, b: number) => Number(a >= b),
    eq: (a: number, b: number) => Number(a === b),
    ne: (a: number, b: number) => Number(a !== b),
    le: (a: number, b: number) => Number(a <= b),
    gt: (a: number, b: number) => Number(a > b),
  };
  broadcasting((a, b, shape, [left, right]) => {
    for (const [op, naive] of Object.entries(ops)) {
      matches(a[op as 'add'](b), shape, (index) => naive(left(index), right(index)));
    }
  });
});

const a = zeros([2, 3]);
const b = zeros([4, 5]);
errorTests(
  (['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const).map((op) => [
    op,
    () => a[op](b),
    `${op}: `,
    '[2, 3]',
    '[4, 5]',
  ]),
);

test.run();
