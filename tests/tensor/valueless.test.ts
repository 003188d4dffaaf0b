/** Tensors without values: they have a shape and a type, cost nothing, and refuse to be computed with. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  fromFunction,
  getDefaults,
  ones,
  Random,
  randn,
  type Tensor,
  tensor,
  uniform,
  withDefaults,
  withoutMemory,
} from '../../src/tensor/index.ts';

test('shape and type are there, for a tensor larger than any memory', () => {
  const made = withoutMemory(() => [ones([1e5, 1e5, 1e3]), randn([1e6, 1e7], new Random(1))]);
  assert.equal(made[0]!.shape, [1e5, 1e5, 1e3]);
  assert.is(made[1]!.size, 1e13);
  const { dtype } = withDefaults({ dtype: 'float64' }, () => withoutMemory(() => ones([2])));
  assert.is(dtype, 'float64');
  assert.is(made[0]!.dtype, 'float32');
});

test('nothing is drawn and no function is called', () => {
  const random = new Random(1);
  let calls = 0;
  withoutMemory(() => {
    randn([100], random);
    uniform([100], random);
    fromFunction([100], () => calls++);
  });
  assert.equal(random.state(), new Random(1).state());
  assert.is(calls, 0);
  randn([1], random);
  fromFunction([3], () => calls++);
  assert.not.equal(random.state(), new Random(1).state());
  assert.is(calls, 3);
});

test('computing with it, reading it and changing it are refused', async () => {
  const x = withoutMemory(() => tensor([1, 2]));
  const cases: ((x: Tensor) => unknown)[] = [
    (t) => t.add(1),
    (t) => t.exp(),
    (t) => t.sum(),
    (t) => t.assign(withoutMemory(() => tensor([1, 2]))),
  ];
  for (const use of cases) assert.throws(() => use(x), /made without memory/);
  assert.throws(() => x.toArray());
  let refused = '';
  await x.read().catch((error: Error) => {
    refused = error.message;
  });
  assert.match(refused, /made without memory/);
  assert.match(String(x), /^Tensor \[2\] float32 on valueless$/);
});

test('it ends with the call, also by an error', () => {
  assert.throws(() =>
    withoutMemory(() => {
      throw new Error('stop');
    }),
  );
  assert.is(getDefaults().backend.name, 'reference');
});

test.run();
