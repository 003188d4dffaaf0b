/** Tensor: reading, writing in place, leaves, and what it says of itself. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { arange, type Tensor, tensor, zeros } from '../../src/tensor/index.ts';
import { ids, throwsWith } from './fixtures.ts';
import { errorTests } from './ops/families.ts';

const values = (t: Tensor) => [...t.toArray()];

test('read() gives later what toArray() gives at once, in the same order and type', async () => {
  for (const x of [
    arange(6).reshape([2, 3]).transpose(),
    ids([1, 2, 3]).slice(0, 1),
    tensor([[1.5], [2.5]], { dtype: 'float64' }).expand([2, 3]),
    zeros([0, 3]),
  ]) {
    const read = await x.read();
    assert.equal(read, x.toArray());
    read.fill(9);
    assert.not.equal(x.size > 0 && values(x)[0], 9, 'it is a copy');
  }
});

test('toString shows shape, type and the first values', () => {
  assert.is(`${tensor([[1, 2.5]])}`, 'Tensor [1, 2] float32 on reference: 1, 2.5');
  assert.ok(`${arange(9)}`.endsWith('7, ...'));
});

test('detach cuts the graph and shares the numbers', () => {
  const x = tensor([1, 2]).requireGrad();
  const y = x.mul(3);
  const cut = y.detach();
  assert.is(cut.requiresGrad, false);
  assert.is(cut.data, y.data);
  x.mul(cut).sum().backward();
  assert.equal(values(x.grad!), [3, 6]);
});

test('requireGrad is for leaves of floating-point type', () => {
  const x = tensor([1]).requireGrad();
  throwsWith(() => x.mul(2).requireGrad(), 'leaf');
  throwsWith(() => tensor([1], { dtype: 'int32' }).requireGrad(), 'int32');
  assert.is(tensor([1], { dtype: 'int32' }).requireGrad(false).requiresGrad, false);
  assert.is(x.to('int32').requiresGrad, false);
});

test('a write through assign is seen in every view, and nowhere else', () => {
  const x = arange(6).reshape([2, 3]);
  const copy = x.clone();
  const column = x.slice(1, 1, 2);
  column.assign(tensor([[10], [20]]));
  assert.equal([...x.toArray()], [0, 10, 2, 3, 20, 5]);
  x.transpose().assign(
    tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  );
  assert.equal([...x.toArray()], [1, 3, 5, 2, 4, 6]);
  assert.equal([...copy.toArray()], [0, 1, 2, 3, 4, 5]);
});

test('assign from overlapping memory reads everything before it writes', () => {
  const square = arange(9).reshape([3, 3]);
  square.assign(square.transpose());
  assert.equal([...square.toArray()], [0, 3, 6, 1, 4, 7, 2, 5, 8]);
  const row = arange(5);
  row.slice(0, 1).assign(row.slice(0, 0, 4));
  assert.equal([...row.toArray()], [0, 0, 1, 2, 3]);
});

const a = zeros([2, 3]);
const b = zeros([4, 5]);
errorTests([
  ['assign', () => a.assign(b), 'assign', '[4, 5]', '[2, 3]'],
  ['assign does not stretch', () => a.assign(zeros([3])), 'assign', '[3]', '[2, 3]'],
  ['item', () => a.item(), 'item', '[2, 3]'],
  ['item of nothing', () => zeros([0]).item(), 'item', '[0]'],
]);

test.run();
