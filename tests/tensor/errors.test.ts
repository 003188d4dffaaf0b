/** Every op's complaint is a sentence with the op, the shapes and what was wrong. Nothing is read or written out of range. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  arange,
  concat,
  fromArray,
  full,
  Random,
  reference,
  scatterAdd,
  stack,
  tensor,
  where,
  zeros,
} from '../../src/tensor/index.ts';
import { ids, throwsWith } from './fixtures.ts';

const a = zeros([2, 3]);
const b = zeros([4, 5]);

const shapeErrors: [name: string, fn: () => unknown, ...parts: string[]][] = [
  ...(
    ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const
  ).map((op): [string, () => unknown, ...string[]] => [op, () => a[op](b), `${op}: `, '[2, 3]', '[4, 5]']),
  ['matmul, inner lengths', () => a.matmul(b), 'matmul', '[2, 3]', '[4, 5]'],
  ['matmul of a vector', () => a.matmul(zeros([3])), 'matmul', '[2, 3]', '[3]', 'two axes'],
  ['matmul, leading axes', () => zeros([2, 3, 4]).matmul(zeros([5, 4, 2])), 'matmul', '[2]', '[5]'],
  ['where', () => where(ids([1, 0]), a, b), 'where', '[2]', '[2, 3]', '[4, 5]'],
  ['maskedFill', () => a.maskedFill(ids([1, 0]), 0), '[2]', '[2, 3]'],
  ['expand', () => a.expand([4, 3]), 'expand', '[2, 3]', '[4, 3]'],
  ['expand to fewer axes', () => a.expand([3]), 'expand', '[2, 3]', '[3]'],
  ['expand of a longer axis', () => a.expand([2, 1]), 'expand', '[2, 3]', '[2, 1]'],
  ['reshape', () => a.reshape([4]), 'reshape', '[2, 3]', '[4]'],
  ['permute, too few', () => a.permute([0]), 'permute', '[0]', '[2, 3]'],
  ['permute, twice', () => a.permute([0, 0]), 'permute', '[0, 0]', '[2, 3]'],
  ['permute, outside', () => a.permute([0, 2]), 'permute', 'axis 2', '[2, 3]'],
  ['transpose of a vector', () => zeros([3]).transpose(), 'transpose', '[3]'],
  ['squeeze', () => a.squeeze(1), 'squeeze', 'axis 1', '[2, 3]', '3'],
  ['unsqueeze', () => a.unsqueeze(4), 'unsqueeze', '4', '[2, 3]'],
  ['unsqueeze, negative', () => a.unsqueeze(-4), 'unsqueeze', '-4', '[2, 3]'],
  ['slice past the end', () => a.slice(1, 0, 4), 'slice', '0..4', '[2, 3]'],
  ['slice before the start', () => a.slice(1, -4), 'slice', '-4', '[2, 3]'],
  ['slice backwards', () => a.slice(1, 2, 1), 'slice', '2..1', '[2, 3]'],
  ['slice, fraction', () => a.slice(1, 0.5), 'slice', '0.5', '[2, 3]'],
  ['slice, axis', () => a.slice(2, 0), 'slice', 'axis 2', '[2, 3]'],
  ['pad, negative', () => a.pad(1, -1, 0), 'pad', '-1', '[2, 3]'],
  ['pad, negative behind', () => a.pad(0, 0, -1), 'pad', '-1', '[2, 3]'],
  ['pad, fraction', () => a.pad(0, 0.5, 0), 'pad', '0.5', '[2, 3]'],
  ['split, wrong total', () => a.split([1, 1], 1), 'split', '[1, 1]', '[2, 3]'],
  ['split, negative length', () => a.split([-1, 4], 1), 'split', '[-1, 4]', '[2, 3]'],
  ['concat, other axis', () => concat([a, b]), 'concat', '[2, 3]', '[4, 5]'],
  ['concat, rank', () => concat([a, zeros([3])]), 'concat', '[2, 3]', '[3]'],
  ['concat of nothing', () => concat([]), 'concat', 'nothing'],
  ['stack', () => stack([zeros([2]), zeros([3])]), '[1, 2]', '[1, 3]'],
  ['sum, axis', () => a.sum(2), 'sum', 'axis 2', '[2, 3]'],
  ['sum, axis twice', () => a.sum([1, -1]), 'sum', '[1, -1]', 'twice'],
  ['mean of nothing', () => zeros([2, 0]).mean(-1), 'mean', '[2, 0]'],
  ['max of nothing', () => zeros([2, 0]).max(-1), 'max', '[2, 0]'],
  ['min of nothing', () => zeros([0]).min(), 'min', '[0]'],
  ['logSumExp of nothing', () => zeros([0]).logSumExp(), '[0]'],
  ['argmax of nothing', () => zeros([2, 0]).argmax(), 'argmax', '[2, 0]'],
  ['argmax, axis', () => a.argmax(2), 'argmax', 'axis 2', '[2, 3]'],
  ['softmax, axis', () => a.softmax(2), 'softmax', 'axis 2', '[2, 3]'],
  ['softmax of a number', () => tensor(1).softmax(), 'softmax', '[]'],
  ['logSoftmax, axis', () => a.logSoftmax(-3), 'logSoftmax', '[2, 3]'],
  ['cumsum, axis', () => a.cumsum(2), 'cumsum', 'axis 2', '[2, 3]'],
  ['topK of too many', () => a.topK(4), 'topK', '4', '[2, 3]'],
  ['topK of a fraction', () => a.topK(1.5), 'topK', '1.5', '[2, 3]'],
  ['gather, other axes', () => a.gather(1, ids([[0], [1], [2]])), 'gather', '[3, 1]', '[2, 3]'],
  ['gather, rank', () => a.gather(1, ids([0])), 'gather', '[1]', '[2, 3]'],
  ['scatterAdd, source', () => scatterAdd([2, 3], 1, ids([[0], [1]]), a), 'scatterAdd', '[2, 1]', '[2, 3]'],
  ['scatterAdd, index', () => scatterAdd([3, 3], 1, ids([[0], [1]]), zeros([2, 1])), '[2, 1]', '[3, 3]'],
  ['indexSelect', () => a.indexSelect(0, ids([[0]])), 'indexSelect', '[1, 1]'],
  ['embedding', () => zeros([2, 3, 4]).embedding(ids([0])), 'embedding', '[2, 3, 4]', '[V, D]'],
  ['crossEntropy', () => a.crossEntropy(ids([0, 1, 2])), 'crossEntropy', '[2, 3]', '[3]'],
  ['crossEntropy, rank', () => zeros([2, 2, 3]).crossEntropy(ids([0, 1])), '[2, 2, 3]', '[2]'],
  ['assign', () => a.assign(b), 'assign', '[4, 5]', '[2, 3]'],
  ['assign does not stretch', () => a.assign(zeros([3])), 'assign', '[3]', '[2, 3]'],
  ['item', () => a.item(), 'item', '[2, 3]'],
  ['item of nothing', () => zeros([0]).item(), 'item', '[0]'],
  ['fromArray', () => fromArray(new Float32Array(5), [2, 3]), 'fromArray', '5', '[2, 3]'],
  ['a negative length', () => zeros([2, -1]), '[2, -1]'],
  ['a fractional length', () => full([1.5], 0), '[1.5]'],
  ['ragged arrays', () => tensor([[1, 2], [3]]), 'tensor', 'unequal', '[2, 2]'],
  ['numbers beside arrays', () => tensor([[1], 2]), 'tensor', '[2, 1]'],
  ['arrays beside numbers', () => tensor([1, [2]]), 'tensor', '[2]'],
];

for (const [name, fn, ...parts] of shapeErrors) test(name, () => throwsWith(fn, ...parts));

test('indices out of range name the index and the length', () => {
  for (const id of [-1, 3]) {
    throwsWith(() => a.gather(1, ids([[0], [id]])), 'gather', `index ${id}`, 'length 3');
    throwsWith(
      () =>
        a.gather(
          1,
          ids([
            [0, id],
            [0, 0],
          ]),
        ),
      'gather',
      `index ${id}`,
    );
    throwsWith(() => scatterAdd([2, 3], 1, ids([[0], [id]]), zeros([2, 1])), `index ${id}`, 'length 3');
    throwsWith(() => zeros([3, 2]).embedding(ids([0, id])), 'embedding', `index ${id}`, 'length 3');
    throwsWith(() => a.indexSelect(1, ids([id])), `index ${id}`, 'length 3');
    throwsWith(() => a.crossEntropy(ids([0, id])), 'crossEntropy', `target ${id}`, 'row 1', '3 classes');
  }
});

test('element types are not mixed silently', () => {
  const f64 = zeros([2, 3], { dtype: 'float64' });
  const i32 = zeros([2, 3], { dtype: 'int32' });
  for (const op of ['add', 'mul', 'pow', 'eq', 'maximum'] as const) {
    throwsWith(() => a[op](f64), op, 'float32', 'float64', '.to(dtype)');
    throwsWith(() => i32[op](a), op, 'int32', 'float32');
  }
  throwsWith(() => a.matmul(f64.transpose()), 'matmul', 'float32', 'float64');
  throwsWith(() => where(i32, a, f64), 'where', 'float32', 'float64');
  throwsWith(() => concat([a, f64]), 'concat', 'float32', 'float64');
  throwsWith(() => a.assign(f64), 'assign', 'float64', 'float32');
  throwsWith(() => a.gather(1, a), 'gather', 'int32', 'float32');
  throwsWith(() => scatterAdd([2, 3], 1, a, a), 'scatterAdd', 'int32');
  throwsWith(() => a.embedding(a), 'embedding', 'int32');
  throwsWith(() => a.indexSelect(0, zeros([1])), 'indexSelect', 'int32');
  throwsWith(() => a.crossEntropy(zeros([2])), 'crossEntropy', 'int32');
});

test('the mean of integers would be cut to an integer: refused', () => {
  throwsWith(() => ids([1, 2]).mean(), 'mean', 'int32', '.to(');
  assert.is(ids([1, 2]).to('float32').mean().item(), 1.5);
});

test('tensors of different backends are not mixed, indices included', () => {
  const other = { ...reference, name: 'other' };
  const elsewhere = zeros([2, 3], { backend: other });
  const index = zeros([2, 3], { backend: other, dtype: 'int32' });
  const row = zeros([2], { backend: other, dtype: 'int32' });
  for (const fn of [
    () => a.add(elsewhere),
    () => a.matmul(elsewhere.transpose()),
    () => concat([a, elsewhere]),
    () => where(a, a, elsewhere),
    () => where(elsewhere, a, a),
    () => a.maskedFill(elsewhere, 0),
    () => a.gather(0, index),
    () => scatterAdd([2, 3], 0, index, a),
    () => a.embedding(index),
    () => a.indexSelect(0, row),
    () => a.crossEntropy(row),
  ]) {
    throwsWith(fn, 'reference', 'other');
  }
});

test('impossible settings', () => {
  throwsWith(() => a.clamp({ min: 1, max: 0 }), 'clamp', '1', '0');
  for (const p of [-0.1, 1, 1.5, Number.NaN]) {
    throwsWith(() => a.dropout(p, new Random(1)), 'dropout', '[0, 1)', `${p}`);
  }
  throwsWith(() => a.crossEntropy(ids([-100, -100])), 'crossEntropy', 'ignored');
  throwsWith(() => arange(-1), 'arange', '-1');
  throwsWith(() => arange(2.5), 'arange', '2.5');
});

test.run();
