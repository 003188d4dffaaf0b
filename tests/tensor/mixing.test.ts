/** Tensors of different element types or different backends are not mixed silently, by any op. */
import { test } from 'uvu';
import { concat, reference, scatterAdd, where, zeros } from '../../src/tensor/index.ts';
import { throwsWith } from './fixtures.ts';

const a = zeros([2, 3]);

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

test.run();
