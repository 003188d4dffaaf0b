/** The reference backend as a whole: when it rounds, and what integers are. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { full, ones, type Tensor, tensor, where } from '../../../../src/tensor/index.ts';
import { ids } from '../../fixtures.ts';

const values = (t: Tensor) => [...t.toArray()];

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

test.run();
