/** topK, sort and cumsum: gradients, goldens, properties, ties, errors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tensor, tensor, zeros } from '../../../src/tensor/index.ts';
import { alongAxis, element, matches, total } from '../naive.ts';
import { errorTests, goldenTests, gradientTests } from './families.ts';

const values = (t: Tensor) => [...t.toArray()];

const equalValues = ['expanded']; // an order among equal values has no derivative

gradientTests(
  [
    { name: 'topK', inputs: [[3, 5]], fn: (x) => x.topK(2).values, without: equalValues },
    {
      name: 'topK, smallest',
      inputs: [[3, 5]],
      fn: (x) => x.topK(2, { descending: false }).values,
      without: equalValues,
    },
    { name: 'sort', inputs: [[3, 5]], fn: (x) => x.sort().values, without: equalValues },
    {
      name: 'sort, descending',
      inputs: [[2, 2, 3]],
      fn: (x) => x.sort({ descending: true }).values,
      without: equalValues,
    },
    { name: 'cumsum', inputs: [[3, 4]], fn: (x) => x.cumsum() },
    { name: 'cumsum along 0', inputs: [[3, 4]], fn: (x) => x.cumsum(0) },
    {
      name: 'cumsum along the middle, reverse',
      inputs: [[2, 3, 2]],
      fn: (x) => x.cumsum(1, { reverse: true }),
    },
  ],
  3,
);

goldenTests('order');

test('random shapes and layouts against a loop', () => {
  alongAxis((x, axis, line, { flag, pick }) => {
    const { shape } = x;
    matches(
      x.cumsum(axis, { reverse: flag }),
      shape,
      (index) => {
        const i = index[axis]!;
        return total(flag ? line(index).slice(i) : line(index).slice(0, i + 1));
      },
      1e-12,
    );
    const last = shape.length - 1;
    const n = shape[last]!;
    const ordered = (index: number[], descending: boolean) => {
      const row = Array.from({ length: n }, (_, i) => [element(x, index.with(last, i)), i] as const);
      return row.sort(([a, i], [b, j]) => (descending ? b - a : a - b) || i - j)[index[last]!]!;
    };
    const sorted = x.sort({ descending: flag });
    matches(sorted.values, shape, (index) => ordered(index, flag)[0]);
    matches(sorted.indices, shape, (index) => ordered(index, flag)[1]);
    const k = Math.min(n, pick);
    const top = x.topK(k);
    matches(top.values, shape.with(last, k), (index) => ordered(index, true)[0]);
    matches(top.indices, shape.with(last, k), (index) => ordered(index, true)[1]);
  });
});

test('ties: argmax, sort and topK take the first', () => {
  const x = tensor([
    [2, 5, 5, 1, 5],
    [3, 3, 3, 3, 3],
  ]);
  assert.equal(values(x.argmax()), [1, 0]);
  assert.equal(values(x.topK(3).indices), [1, 2, 4, 0, 1, 2]);
  assert.equal(values(x.sort().indices), [3, 0, 1, 2, 4, 0, 1, 2, 3, 4]);
  assert.equal(values(x.sort({ descending: true }).indices), [1, 2, 4, 0, 3, 0, 1, 2, 3, 4]);
  assert.equal(values(tensor([-Infinity, 0, -Infinity, Infinity, Infinity]).sort().indices), [0, 2, 1, 3, 4]);
  assert.is(x.argmax().dtype, 'int32');
});

const a = zeros([2, 3]);
errorTests([
  ['cumsum, axis', () => a.cumsum(2), 'cumsum', 'axis 2', '[2, 3]'],
  ['topK of too many', () => a.topK(4), 'topK', '4', '[2, 3]'],
  ['topK of a fraction', () => a.topK(1.5), 'topK', '1.5', '[2, 3]'],
]);

test.run();
