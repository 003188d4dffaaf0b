/** Adjoints of everything that moves, joins, picks or orders elements, against central differences. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { concat, Random, scatterAdd, stack, tensor } from '../../src/tensor/index.ts';
import { checkGradient, distinct, float64, type GradientCase, ids } from './fixtures.ts';

const equalValues = ['expanded']; // an order among equal values has no derivative

const cases: GradientCase[] = [
  { name: 'reshape', inputs: [[2, 3, 4]], fn: (x) => x.reshape([4, 6]) },
  { name: 'reshape with -1', inputs: [[2, 3, 4]], fn: (x) => x.reshape([-1, 8]) },
  { name: 'reshape to one number', inputs: [[1, 1]], fn: (x) => x.reshape([]) },
  { name: 'reshape from one number', inputs: [[]], fn: (x) => x.reshape([1, 1]) },
  {
    name: 'reshape of a permuted tensor',
    inputs: [[2, 3, 4]],
    fn: (x) => x.permute([2, 0, 1]).reshape([6, 4]),
  },
  { name: 'permute', inputs: [[2, 3, 4]], fn: (x) => x.permute([2, 0, 1]) },
  { name: 'permute, negative axes', inputs: [[2, 3, 4]], fn: (x) => x.permute([-1, 0, -2]) },
  { name: 'transpose', inputs: [[2, 3, 4]], fn: (x) => x.transpose() },
  { name: 'transpose of named axes', inputs: [[2, 3, 4]], fn: (x) => x.transpose(0, -1) },
  { name: 'squeeze', inputs: [[2, 1, 4]], fn: (x) => x.squeeze(1) },
  { name: 'squeeze, negative axis', inputs: [[2, 4, 1]], fn: (x) => x.squeeze(-1) },
  { name: 'unsqueeze in front', inputs: [[2, 3]], fn: (x) => x.unsqueeze(0) },
  { name: 'unsqueeze at the end', inputs: [[2, 3]], fn: (x) => x.unsqueeze(-1) },
  { name: 'contiguous', inputs: [[3, 4]], fn: (x) => x.transpose().contiguous() },
  { name: 'clone', inputs: [[3, 4]], fn: (x) => x.clone() },
  { name: 'expand', inputs: [[3, 1]], fn: (x) => x.expand([2, 3, 4]) },
  { name: 'expand of one number', inputs: [[]], fn: (x) => x.expand([2, 3]) },
  { name: 'expand to nothing new', inputs: [[2, 3]], fn: (x) => x.expand([2, 3]) },
  { name: 'expand of an expanded tensor', inputs: [[3, 1]], fn: (x) => x.expand([3, 4]).expand([2, 3, 4]) },
  { name: 'slice', inputs: [[4, 3]], fn: (x) => x.slice(0, 1, 3) },
  { name: 'slice, negative positions', inputs: [[2, 5]], fn: (x) => x.slice(-1, -4, -1) },
  { name: 'slice to the end', inputs: [[4, 3]], fn: (x) => x.slice(0, 2) },
  { name: 'slice of a slice', inputs: [[5, 4]], fn: (x) => x.slice(0, 1).slice(1, 1, 3).slice(0, 0, 2) },
  { name: 'empty slice beside a full one', inputs: [[4, 3]], fn: (x) => concat([x.slice(0, 2, 2), x]) },
  { name: 'overlapping slices', inputs: [[5]], fn: (x) => x.slice(0, 0, 4).mul(x.slice(0, 1)) },
  { name: 'pad', inputs: [[2, 3]], fn: (x) => x.pad(1, 2, 1) },
  { name: 'pad by nothing', inputs: [[2, 3]], fn: (x) => x.pad(0, 0, 0) },
  { name: 'split', inputs: [[6, 2]], fn: (x) => x.split([1, 3, 2])[1]!.square() },
  {
    name: 'split, all parts used differently',
    inputs: [[2, 6]],
    fn: (x) => {
      const [a, b, c] = x.split([1, 3, 2], -1);
      return concat([c!.mul(3), a!.square(), b!.neg()], 1);
    },
  },
  {
    name: 'concat along 0',
    inputs: [
      [2, 3],
      [1, 3],
      [4, 3],
    ],
    fn: (...parts) => concat(parts),
  },
  {
    name: 'concat along -1',
    inputs: [
      [2, 3],
      [2, 1],
    ],
    fn: (...parts) => concat(parts, -1),
  },
  {
    name: 'concat along the middle',
    inputs: [
      [2, 1, 3],
      [2, 2, 3],
    ],
    fn: (...parts) => concat(parts, 1),
  },
  { name: 'concat of one', inputs: [[2, 3]], fn: (x) => concat([x]) },
  { name: 'concat with itself', inputs: [[2, 3]], fn: (x) => concat([x, x.square(), x]) },
  {
    name: 'stack in front',
    inputs: [
      [2, 3],
      [2, 3],
    ],
    fn: (...parts) => stack(parts),
  },
  {
    name: 'stack at the end',
    inputs: [
      [2, 3],
      [2, 3],
    ],
    fn: (...parts) => stack(parts, -1),
  },
  {
    name: 'gather along -1',
    inputs: [[2, 4]],
    fn: (x) =>
      x.gather(
        -1,
        ids([
          [0, 3, 3],
          [1, 1, 1],
        ]),
      ),
  },
  {
    name: 'gather along 0',
    inputs: [[3, 2]],
    fn: (x) =>
      x.gather(
        0,
        ids([
          [2, 0],
          [2, 1],
          [0, 0],
          [1, 2],
        ]),
      ),
  },
  {
    name: 'gather with an index in another layout',
    inputs: [[3, 2]],
    fn: (x) =>
      x.gather(
        0,
        ids([
          [2, 2, 0, 1],
          [0, 1, 0, 2],
        ]).transpose(),
      ),
  },
  {
    name: 'scatterAdd along -1',
    inputs: [[2, 3]],
    fn: (s) =>
      scatterAdd(
        [2, 4],
        -1,
        ids([
          [0, 3, 3],
          [1, 1, 1],
        ]),
        s,
      ),
  },
  {
    name: 'scatterAdd along 0',
    inputs: [[3, 2]],
    fn: (s) =>
      scatterAdd(
        [2, 2],
        0,
        ids([
          [1, 0],
          [1, 1],
          [0, 0],
        ]),
        s,
      ),
  },
  {
    name: 'embedding',
    inputs: [[5, 3]],
    fn: (table) =>
      table.embedding(
        ids([
          [4, 0],
          [4, 4],
          [2, 0],
        ]),
      ),
  },
  { name: 'embedding of one id', inputs: [[5, 3]], fn: (table) => table.embedding(ids(3)) },
  {
    name: 'embedding by strided ids',
    inputs: [[5, 3]],
    fn: (t) =>
      t.embedding(
        ids([
          [4, 0],
          [4, 1],
        ]).transpose(),
      ),
  },
  { name: 'indexSelect along 0', inputs: [[3, 2, 2]], fn: (x) => x.indexSelect(0, ids([2, 2, 0])) },
  { name: 'indexSelect along 1', inputs: [[2, 3, 2]], fn: (x) => x.indexSelect(1, ids([2, 2, 0, 1])) },
  { name: 'indexSelect along -1', inputs: [[2, 3]], fn: (x) => x.indexSelect(-1, ids([1])) },
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
  { name: 'dropout, one seed', inputs: [[4, 5]], fn: (x) => x.dropout(0.4, new Random(3)) },
];

for (const one of cases) {
  test(one.name, () => {
    assert.ok(checkGradient(one) >= 3);
  });
}

test('empty tensors have empty gradients', () =>
  float64(() => {
    for (const shape of [[0], [2, 0], [0, 3]]) {
      const x = distinct(shape).requireGrad();
      const other = distinct(shape, 2);
      x.mul(other).exp().add(x.softmax()).cumsum(0).sum().backward();
      assert.equal(x.grad!.shape, shape);
      assert.is(x.grad!.size, 0);
    }
    const rows = distinct([0, 3]).requireGrad();
    const row = distinct([3]).requireGrad();
    rows.add(row).sum().backward();
    assert.equal([...row.grad!.toArray()], [0, 0, 0]); // stretched to no rows at all
    const table = distinct([4, 2]).requireGrad();
    table
      .embedding(tensor([], { dtype: 'int32' }))
      .sum()
      .backward();
    assert.equal([...table.grad!.toArray()], new Array(8).fill(0));
  }));

test.run();
