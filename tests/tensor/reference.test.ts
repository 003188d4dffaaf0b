/** Details of the reference backend: ignored targets, dropout, erf, conversions, rounding, ties, reading. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  arange,
  fromArray,
  full,
  ones,
  Random,
  type Tensor,
  tensor,
  where,
  zeros,
} from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { ids } from './fixtures.ts';

const values = (t: Tensor) => [...t.toArray()];

test('ignored rows cost nothing, count nothing and get no gradient', () => {
  const logits = tensor([
    [1, 2, 3],
    [Number.NaN, 5, 6],
    [3, 1, 2],
  ]).requireGrad();
  const targets = ids([2, -100, 0]);
  const rows = logits.crossEntropy(targets, { reduction: 'none' });
  assert.is(values(rows)[1], 0);
  const loss = logits.crossEntropy(targets);
  allClose([loss.item()], [(values(rows)[0]! + values(rows)[2]!) / 2], { relative: 1e-6 });
  loss.backward();
  assert.equal(values(logits.grad!).slice(3, 6), [0, 0, 0]);
  assert.ok(values(logits.grad!)[0]! > 0);
  const renamed = logits.crossEntropy(ids([2, 1, 0]), { ignoreIndex: 1 });
  assert.is(renamed.item(), loss.item());
});

test('dropout keeps the mean, scales what it keeps, and follows its seed', () => {
  const x = ones([10_000]);
  const y = x.dropout(0.3, new Random(4));
  const kept = values(y).filter((value) => value !== 0);
  assert.ok(kept.every((value) => value === Math.fround(1 / 0.7)));
  assert.ok(Math.abs(kept.length - 7000) < 6 * Math.sqrt(2100), `${kept.length} kept`);
  assert.equal(values(x.dropout(0.3, new Random(4))), values(y));
  assert.not.equal(values(x.dropout(0.3, new Random(5))), values(y));
  assert.is(x.dropout(0, new Random(4)), x);
  const leaf = ones([50]).requireGrad();
  const out = leaf.dropout(0.5, new Random(4));
  out.sum().backward();
  assert.equal(values(leaf.grad!), values(out), 'the gradient passes through the same mask');
});

test('erf to double precision', () => {
  // mpmath, 30 digits, rounded to the nearest double.
  const table: [number, number][] = [
    [1e-10, 1.1283791670955126e-10],
    [1e-3, 0.0011283787909692365],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.5, 0.9661051464753108],
    [2, 0.9953222650189527],
    [2.4, 0.999311486103355],
    [2.5, 0.999593047982555],
    [2.6, 0.9997639655834707],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
    [5, 0.9999999999984626],
    [5.9, 0.9999999999999999],
    [7, 1],
    [Infinity, 1],
    [0, 0],
  ];
  const x = fromArray(
    Float64Array.from(table, ([at]) => at),
    [table.length],
  );
  const expected = table.map(([, value]) => value);
  allClose(x.erf().toArray(), expected, { absolute: 0, relative: 4e-16 });
  allClose(
    x.neg().erf().toArray(),
    expected.map((value) => -value),
    { absolute: 0, relative: 4e-16 },
  );
});

test('conversions: towards zero for integers, to the nearest for float32, the same tensor for the same type', () => {
  const x = tensor([1.9, -1.9, 0.1, Number.NaN], { dtype: 'float64' });
  assert.equal(values(x.to('int32')), [1, -1, 0, 0]);
  assert.equal(values(x.to('float32')).slice(0, 3), [1.9, -1.9, 0.1].map(Math.fround));
  assert.is(x.to('float64'), x);
  assert.equal(values(ids([1, -2]).to('float64')), [1, -2]);
  assert.equal(values(arange(6).reshape([2, 3]).transpose().to('int32')), [0, 3, 1, 4, 2, 5]);
  assert.is(x.to('int32').dtype, 'int32');
  assert.equal(values(fromArray(Float64Array.of(1.5), [1], { dtype: 'int32' })), [1]);
});

test('float32 results are rounded once, sums are made in double precision', () => {
  const [a, b] = [Math.fround(0.1), Math.fround(0.2)];
  const [x, y] = [tensor([0.1]), tensor([0.2])];
  assert.is(x.add(y).item(), Math.fround(a + b));
  assert.is(x.mul(y).item(), Math.fround(a * b));
  assert.is(x.div(y).item(), Math.fround(a / b));
  assert.is(x.exp().item(), Math.fround(Math.exp(a)));
  assert.is(x.eq(0.1).item(), 1, 'a number operand is rounded like the tensor');
  const many = full([100_000], 0.1);
  assert.is(many.sum().item(), Math.fround(100_000 * a));
  assert.is(many.reshape([1000, 100]).sum(0).sum().item(), Math.fround(100 * Math.fround(1000 * a)));
  assert.is(
    many
      .reshape([1, 100_000])
      .matmul(ones([100_000, 1]))
      .item(),
    Math.fround(100_000 * a),
  );
  assert.is(
    tensor([2 ** 24])
      .add(1)
      .item(),
    2 ** 24,
    'the limit of float32',
  );
  assert.is(
    tensor([2 ** 24], { dtype: 'float64' })
      .add(1)
      .item(),
    2 ** 24 + 1,
  );
});

test('integer tensors compare with fractions and count exactly', () => {
  assert.equal(values(ids([0, 1, 2]).gt(0.5)), [0, 1, 1]);
  assert.equal(values(where(ids([1, 0]), ids([7, 8]), -1)), [7, -1]);
  assert.equal(
    values(
      ids([
        [1, 2],
        [3, 4],
      ]).sum(0),
    ),
    [4, 6],
  );
  assert.is(
    ids([2 ** 30, 2 ** 29])
      .max()
      .item(),
    2 ** 30,
  );
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

test.run();
