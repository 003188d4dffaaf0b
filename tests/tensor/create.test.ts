/** Factories: shapes from nesting, element types, whose memory they use, errors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFunction } from '../../src/tensor/create.ts';
import {
  arange,
  fromArray,
  full,
  ones,
  Random,
  randn,
  scope,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from '../../src/tensor/index.ts';
import { counting, throwsWith } from './fixtures.ts';
import { errorTests } from './ops/families.ts';

const values = (t: Tensor) => [...t.toArray()];

test('nested arrays give their shape', () => {
  assert.equal(tensor(5).shape, []);
  assert.equal(tensor([]).shape, [0]);
  assert.equal(tensor([[], []]).shape, [2, 0]);
  const deep = tensor([
    [[1], [2]],
    [[3], [4]],
    [[5], [6]],
  ]);
  assert.equal(
    [deep.shape, values(deep)],
    [
      [3, 2, 1],
      [1, 2, 3, 4, 5, 6],
    ],
  );
  assert.equal([deep.rank, deep.size, deep.dtype], [3, 6, 'float32']);
});

test('constants and ranges', () => {
  assert.equal(values(zeros([2, 2])), [0, 0, 0, 0]);
  assert.equal(values(ones([3])), [1, 1, 1]);
  assert.equal(values(full([2], -1.5)), [-1.5, -1.5]);
  assert.equal(values(arange(4)), [0, 1, 2, 3]);
  assert.equal(values(arange(3, { start: -1, dtype: 'int32' })), [-1, 0, 1]);
  assert.equal(arange(0).shape, [0]);
  assert.equal(zeros([2, 0]).size, 0);
  assert.is(full([], 7).item(), 7);
});

test('the type is the one asked for, else that of the array, else the default', () => {
  assert.is(zeros([1]).dtype, 'float32');
  assert.is(zeros([1], { dtype: 'float64' }).dtype, 'float64');
  assert.is(fromArray(new Float64Array(1), [1]).dtype, 'float64');
  assert.is(fromArray(new Int32Array(1), [1]).dtype, 'int32');
  assert.is(fromArray(new Int32Array(1), [1], { dtype: 'float32' }).dtype, 'float32');
});

test('fromArray adopts the array, unless the type changes', () => {
  const array = Float32Array.of(1, 2);
  assert.is(fromArray(array, [2]).data, array);
  assert.is.not(fromArray(array, [2], { dtype: 'float64' }).data, array);
});

test('every factory makes one piece of memory, which belongs to the scope it is made in', () => {
  const { backend, live } = counting();
  const random = new Random(1);
  const factories: Record<string, () => Tensor> = {
    tensor: () => tensor([[1, 2]], { backend }),
    fromArray: () => fromArray(Float32Array.of(1), [1], { backend }),
    'fromArray, converted': () => fromArray(Float32Array.of(1), [1], { backend, dtype: 'float64' }),
    full: () => full([2], 3, { backend }),
    zeros: () => zeros([2], { backend }),
    ones: () => ones([2], { backend }),
    arange: () => arange(3, { backend }),
    fromFunction: () => fromFunction([2], (i) => i, { backend }),
    randn: () => randn([2], random, { backend }),
    uniform: () => uniform([2], random, { backend }),
  };
  for (const [name, make] of Object.entries(factories)) {
    scope(() => {
      make();
      assert.is(live(), 1, name);
    });
    assert.is(live(), 0, name);
    const kept = scope(make);
    assert.is(live(), 1, name);
    kept.dispose();
  }
});

test('random draws without options: standard normal, and from 0 to 1', () => {
  const draws = (next: (random: Random) => number) => {
    const random = new Random(2);
    return Array.from({ length: 50 }, () => Math.fround(next(random)));
  };
  assert.equal(
    values(randn([5, 10], new Random(2))),
    draws((random) => random.normal()),
  );
  assert.equal(
    values(randn([50], new Random(2), { mean: -2 })),
    draws((random) => random.normal() - 2),
  );
  assert.equal(
    values(randn([50], new Random(2), { std: 0.5 })),
    draws((random) => random.normal() * 0.5),
  );
  assert.equal(
    values(uniform([50], new Random(2))),
    draws((random) => random.float()),
  );
  assert.equal(
    values(uniform([50], new Random(2), { low: 0.5 })),
    draws((random) => 0.5 + random.float() / 2),
  );
  assert.equal(
    values(uniform([50], new Random(2), { high: 3 })),
    draws((random) => 3 * random.float()),
  );
  assert.equal(values(fromFunction([2, 3], (i) => i * i)), [0, 1, 4, 9, 16, 25]);
});

errorTests([
  ['fromArray', () => fromArray(new Float32Array(5), [2, 3]), 'fromArray', '5', '[2, 3]'],
  ['a negative length', () => zeros([2, -1]), '[2, -1]'],
  ['a fractional length', () => full([1.5], 0), '[1.5]'],
  ['ragged arrays', () => tensor([[1, 2], [3]]), 'tensor', 'unequal', '[2, 2]'],
  ['numbers beside arrays', () => tensor([[1], 2]), 'tensor', '[2, 1]'],
  ['arrays beside numbers', () => tensor([1, [2]]), 'tensor', '[2]'],
]);

test('a range needs a whole number of elements', () => {
  throwsWith(() => arange(-1), 'arange', '-1');
  throwsWith(() => arange(2.5), 'arange', '2.5');
});

test.run();
