/** Infinities, NaN and overflow: what the reference backend makes of them is what every backend has to. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tensor, tensor, zeros } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { ids } from './fixtures.ts';

const values = (t: Tensor) => [...t.toArray()];

const same = (t: Tensor, expected: number[]) => allClose(t.toArray(), expected, { absolute: 0, relative: 0 });

test('NaN is never dropped silently', () => {
  const x = tensor([
    [1, Number.NaN, 2],
    [3, 4, 5],
  ]);
  for (const [name, y] of Object.entries({
    softmax: x.softmax().sum(-1),
    logSoftmax: x.logSoftmax().sum(-1),
    logSumExp: x.logSumExp(-1),
    max: x.max(-1),
    min: x.min(-1),
    sum: x.sum(-1),
    mean: x.mean(-1),
    relu: x.relu().sum(-1),
    clamp: x.clamp({ min: 0, max: 9 }).sum(-1),
    maximum: x.maximum(0).sum(-1),
    minimum: x.minimum(9).sum(-1),
    cumsum: x.cumsum().slice(1, 2).squeeze(1),
    erf: x.erf().sum(-1),
    gelu: x.gelu().sum(-1),
    matmul: x.matmul(zeros([3, 1])).squeeze(1),
    crossEntropy: x.crossEntropy(ids([0, 0]), { reduction: 'none' }),
  })) {
    const [first, second] = values(y) as [number, number];
    assert.ok(Number.isNaN(first), `${name} gave ${first} for a row with NaN`);
    assert.ok(Number.isFinite(second), `${name} gave ${second} for a row without`);
  }
  const alongRows = tensor([
    [1, Number.NaN],
    [2, 3],
  ]);
  for (const op of ['max', 'min', 'sum', 'mean', 'logSumExp'] as const) {
    assert.equal(values(alongRows[op](0)).map(Number.isNaN), [false, true], `${op} along the first axis`);
  }
});

test('NaN wins in argmax, and counts as the largest number in an order (NumPy, PyTorch)', () => {
  const { NaN: nan } = Number;
  for (const dtype of ['float32', 'float64'] as const) {
    const x = tensor([[3, nan, 1, nan, Infinity, -Infinity, 3]], { dtype });
    same(x.argmax(), [1]);
    same(tensor([[1, 2, nan]], { dtype }).argmax(), [2]);
    same(tensor([[nan, nan]], { dtype }).argmax(), [0]);
    same(tensor([[nan, 5]], { dtype }).argmax(0), [0, 0]);
    same(x.sort().indices, [5, 2, 0, 6, 4, 1, 3]);
    same(x.sort().values, [-Infinity, 1, 3, 3, Infinity, nan, nan]);
    same(x.sort({ descending: true }).indices, [1, 3, 4, 0, 6, 2, 5]);
    same(x.topK(3).values, [nan, nan, Infinity]);
    same(x.topK(3, { descending: false }).indices, [5, 2, 0]);
  }
});

test('large scores do not overflow', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    const big = tensor([[1000, 999, -1000]], { dtype });
    const [p, q] = [1 / (1 + Math.exp(-1)), 1 / (1 + Math.E)];
    allClose(big.softmax().toArray(), [p, q, 0], { absolute: 1e-7 });
    allClose(big.logSoftmax().toArray(), [Math.log(p), Math.log(q), -2000 + Math.log(p)], { absolute: 1e-4 });
    allClose(big.logSumExp(-1).toArray(), [1000 - Math.log(p)], { absolute: 1e-4 });
    allClose(big.crossEntropy(ids([2])).toArray(), [2000 - Math.log(p)], { absolute: 1e-3 });
    same(tensor([1000, -1000], { dtype }).sigmoid(), [1, 0]);
    same(tensor([1000, -1000], { dtype }).silu().add(0), [1000, 0]);
    same(tensor([1000, -1000], { dtype }).tanh(), [1, -1]);
    same(tensor([1000, -1000], { dtype }).erf(), [1, -1]);
    same(tensor([1000, -1000], { dtype }).gelu().add(0), [1000, 0]);
  }
});

test.run();
