/** Dropout: its mean, its seed, its gradient, its bounds. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ones, Random, type Tensor, zeros } from '../../../src/tensor/index.ts';
import { throwsWith } from '../fixtures.ts';
import { gradientTests } from './families.ts';

const values = (t: Tensor) => [...t.toArray()];

gradientTests([{ name: 'dropout, one seed', inputs: [[4, 5]], fn: (x) => x.dropout(0.4, new Random(3)) }], 3);

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

test('a share outside [0, 1) is refused', () => {
  const a = zeros([2, 3]);
  for (const p of [-0.1, 1, 1.5, Number.NaN]) {
    throwsWith(() => a.dropout(p, new Random(1)), 'dropout', '[0, 1)', `${p}`);
  }
});

test.run();
