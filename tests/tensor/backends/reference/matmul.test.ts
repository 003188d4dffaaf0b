/** The textbook product: exactly the triple loop, with its order of summation, over any strides. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random, randn, reference, tensor } from '../../../../src/tensor/index.ts';
import { viewOf } from '../../../../src/tensor/view.ts';
import { element } from '../../naive.ts';

const product = (...[a, b]: Parameters<typeof reference.matmul>) => [
  ...(reference.matmul(a, b) as Float32Array),
];

test('each sum runs over k in increasing order, in double precision', () => {
  const ones = tensor([[1], [1], [1]], { dtype: 'float64' });
  const sum = (...values: number[]) => product(tensor([values], { dtype: 'float64' }).view, ones.view)[0];
  assert.is(sum(1e16, 1, -1e16), 0); // 1 is lost beside 1e16
  assert.is(sum(1e16, -1e16, 1), 1);
  const single = tensor([[2 ** 24, 1, -(2 ** 24)]]); // float32 sums would lose the 1
  assert.is(product(single.view, ones.to('float32').view)[0], 1);
});

test('transposed, backwards and stretched operands are read where they lie', () => {
  const random = new Random(2);
  const a = randn([5, 3], random, { dtype: 'float64' });
  const b = randn([4, 3], random, { dtype: 'float64' });
  const expected = [...new Array(5).keys()].flatMap((i) =>
    [...new Array(4).keys()].map((j) => {
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += element(a, [i, k]) * element(b, [j, k]);
      return sum;
    }),
  );
  assert.equal(product(a.view, b.transpose().view), expected);
  const backwards = viewOf(a.data, [5, 3], [-3, 1], 12);
  const rows = [4, 3, 2, 1, 0].flatMap((i) => expected.slice(4 * i, 4 * i + 4));
  assert.equal(product(backwards, b.transpose().view), rows);
  const twice = viewOf(b.data, [2, 3, 4], [0, 1, 3]); // one matrix as a batch of two
  const both = viewOf(a.data, [2, 5, 3], [0, 3, 1]);
  assert.equal(product(both, twice), [...expected, ...expected]);
});

test.run();
