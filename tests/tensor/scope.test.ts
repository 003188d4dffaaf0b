/** Scopes: what is released, what survives, nesting, errors, and constant memory over many steps. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  fromArray,
  noGrad,
  ones,
  Random,
  randn,
  scope,
  scopeSize,
  type Tensor,
  tensor,
  zeros,
} from '../../src/tensor/index.ts';
import { counting, throwsWith } from './fixtures.ts';

test('using a released tensor is a sentence, whatever the use', () => {
  let leaked: Tensor = tensor([0]);
  let view: Tensor = leaked;
  scope(() => {
    leaked = ones([2, 3]);
    view = leaked.transpose();
  });
  for (const use of [
    () => leaked.toArray(),
    () => leaked.read(),
    () => leaked.add(1),
    () => ones([2, 3]).mul(leaked),
    () => view.sum(),
    () => leaked.reshape([6]),
    () => ones([2, 3]).assign(leaked),
    () => leaked.keep(),
  ]) {
    throwsWith(use, 'was released at the end of its scope', 'keep()');
  }
  throwsWith(() => view.sum(), '[3, 2]');
  assert.match(leaked.toString(), /\[2, 3\].*released/);
});

test('what is returned survives: a tensor, and tensors inside arrays and plain objects', () => {
  const result = scope(() => {
    const x = tensor([1, 2, 3]);
    return { y: x.add(1), parts: [x.mul(2), { deep: x.neg() }], view: x.slice(0, 1), n: 3, nothing: null };
  });
  assert.equal([...result.y.toArray()], [2, 3, 4]);
  assert.equal([...(result.parts[0] as Tensor).toArray()], [2, 4, 6]);
  assert.equal([...(result.parts[1] as { deep: Tensor }).deep.toArray()], [-1, -2, -3]);
  assert.equal([...result.view.toArray()], [2, 3], 'a view keeps the memory it looks into');
});

test('what is kept survives, what was made outside is left alone', () => {
  const outside = ones([2]);
  let kept: Tensor = outside;
  scope(() => {
    kept = outside.add(1).keep();
    outside.add(2);
  });
  assert.equal([...kept.toArray(), ...outside.toArray()], [2, 2, 1, 1]);
});

test('a result of an inner scope belongs to the outer one', () => {
  let inner: Tensor = ones([1]);
  const outer = scope(() => {
    inner = scope(() => ones([1]).add(1));
    assert.is(inner.item(), 2);
    return inner.add(1);
  });
  assert.is(outer.item(), 3);
  throwsWith(() => inner.item(), 'released');
});

test('keep() in an inner scope saves a tensor from the scopes around it as well', () => {
  let made: Tensor = ones([1]);
  scope(() => {
    made = ones([1]).add(1);
    scope(() => {
      scope(() => made.keep());
    });
  });
  assert.is(made.item(), 2);
});

test('dispose() in an inner scope gives memory of an outer one back once, not twice', () => {
  const { backend, live } = counting();
  scope(() => {
    const x = zeros([2], { backend });
    scope(() => x.dispose());
    assert.is(live(), 0);
    x.dispose();
  });
  assert.is(live(), 0);
});

test('gradients of leaves survive the scope of the step, and add up over steps', () => {
  const { backend, live } = counting();
  const x = tensor([1, 2], { backend }).requireGrad();
  for (let step = 1; step <= 3; step++) {
    scope(() => scope(() => x.square().sum()).backward());
    assert.equal([...x.grad!.toArray()], [2 * step, 4 * step]);
    assert.is(live(), 2, 'x and its gradient');
  }
});

test('scopeSize counts what the active scope holds', () => {
  assert.is(scopeSize(), 0);
  scope(() => {
    const x = ones([2]);
    assert.is(scopeSize(), 1);
    x.reshape([1, 2]).transpose(); // views make nothing
    assert.is(scopeSize(), 1);
    const y = x.add(1);
    assert.is(scopeSize(), 2);
    scope(() => {
      assert.is(scopeSize(), 0);
      x.add(1);
      assert.is(scopeSize(), 1);
    });
    assert.is(scopeSize(), 2);
    y.dispose();
    assert.is(scopeSize(), 1);
    x.keep();
    assert.is(scopeSize(), 0);
  });
});

test('an error inside a scope releases what it had made, and the outer scope goes on', () => {
  const { backend, live } = counting();
  scope(() => {
    const x = zeros([2, 3], { backend });
    assert.throws(() =>
      scope(() => {
        x.add(1).exp();
        x.matmul(x);
      }),
    );
    assert.is(live(), 1);
    assert.is(scopeSize(), 1);
    assert.equal([...x.toArray()], [0, 0, 0, 0, 0, 0]);
  });
  assert.is(live(), 0);
});

/** A step that runs most of the ops, forward and backward. */
function step(w: Tensor, table: Tensor, random: Random): number {
  return scope(() => {
    const { backend } = w;
    const h = table.embedding(fromArray(Int32Array.of(1, 0, 3), [3], { backend })); // [3, 4]
    const x = h.add(randn([3, 4], random, { backend })).matmul(w); // [3, 4]
    const parts = x.split([1, 3], 1);
    const y = parts[1]!
      .gelu()
      .mul(parts[0]!)
      .softmax()
      .pad(1, 1, 0)
      .sub(x.max(-1, { keepDim: true }));
    const z = y.cumsum(1).abs().add(1).log().sort().values.dropout(0.2, random).clamp({ min: 0.01 }).pow(1.5);
    const loss = z.logSumExp().add(x.crossEntropy(fromArray(Int32Array.of(0, -100, 2), [3], { backend })));
    loss.backward();
    noGrad(() => {
      for (const p of [w, table]) {
        p.assign(p.sub(p.grad!.mul(0.001)));
        p.grad!.dispose();
        p.grad = null;
      }
    });
    return loss.item();
  });
}

test('a thousand steps run in constant memory, and every allocation is released exactly once', () => {
  const { backend, live, made } = counting();
  const random = new Random(5);
  const w = randn([4, 4], random, { backend }).requireGrad();
  const table = randn([5, 4], random, { backend }).requireGrad();
  const sizes = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const before = made();
    assert.ok(Number.isFinite(step(w, table, random)));
    assert.ok(made() - before > 50);
    sizes.add(live());
  }
  assert.equal([...sizes], [2], 'only the two parameters are left after each step');
  assert.is(scopeSize(), 0);
});

test('negative control: without a scope the memory grows', () => {
  const { backend, live } = counting();
  const x = zeros([2], { backend });
  for (let i = 0; i < 10; i++) x.add(1);
  assert.is(live(), 11);
});

test('the counting backend notices a use after release', () => {
  const { backend } = counting();
  const x = zeros([2], { backend });
  const { view } = x;
  x.dispose();
  throwsWith(() => backend.unary('neg', view), 'released memory');
});

test.run();
