/** The graph: what is recorded, how gradients add up, what backward frees, and what its errors say. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { record } from '../../src/tensor/autograd.ts';
import {
  fromArray,
  isRecording,
  noGrad,
  ones,
  scope,
  scopeSize,
  type Tensor,
  tensor,
  where,
} from '../../src/tensor/index.ts';
import type { GraphNode } from '../../src/tensor/tensor.ts';
import { allClose } from '../close.ts';
import { checkGradient, counting, distinct, float64, ids, type Range, throwsWith } from './fixtures.ts';

const condition = ids([
  [1, 0, 1],
  [0, 0, 1],
]);

const positive: Range = [0.3, 2.4];

const numbers = (t: Tensor | null) => [...t!.toArray()];

test('gradients add up over backward passes of fresh graphs', () => {
  const x = tensor([1, 2, 3]).requireGrad();
  for (let pass = 1; pass <= 3; pass++) {
    x.square().sum().backward();
    assert.equal(numbers(x.grad), [2 * pass, 4 * pass, 6 * pass]);
  }
  x.grad = null;
  x.sum().backward();
  assert.equal(numbers(x.grad), [1, 1, 1]);
});

test('a second backward through a freed graph is an error that says so', () => {
  const x = tensor([1, 2]).requireGrad();
  const loss = x.exp().sum();
  loss.backward();
  throwsWith(() => loss.backward(), 'already freed', '"sum"', 'compute the loss again');
  const shared = x.square();
  shared.sum().backward();
  throwsWith(() => shared.mul(2).sum().backward(), 'already freed', '"square"');
});

test('only a single number starts by itself', () => {
  const x = tensor([
    [1, 2],
    [3, 4],
  ]).requireGrad();
  throwsWith(() => x.mul(2).backward(), '[2, 2]', '{ gradient }');
  throwsWith(() => x.mul(2).backward({ gradient: ones([2]) }), '[2]', '[2, 2]');
  assert.is(x.grad, null);
  x.mul(2).backward({
    gradient: tensor([
      [1, 0],
      [0, 10],
    ]),
  });
  assert.equal(numbers(x.grad), [2, 0, 0, 20]);
  const one = tensor([[3]]).requireGrad(); // any shape of size 1 will do
  one.square().backward();
  assert.equal([one.grad!.shape, numbers(one.grad)], [[1, 1], [6]]);
});

test('a gradient of another element type is refused', () => {
  const x = tensor([1, 2]).requireGrad();
  throwsWith(() => x.add(1).backward({ gradient: ones([2], { dtype: 'float64' }) }), 'float64', 'float32');
  assert.is(x.grad, null);
});

test('backward of a leaf is its upstream gradient', () => {
  const x = tensor(4).requireGrad();
  x.backward();
  x.backward({ gradient: tensor(5) });
  assert.equal(numbers(x.grad), [6]);
});

test('nothing to differentiate is an error', () => {
  throwsWith(() => tensor([1]).sum().backward(), 'nothing to differentiate');
  const x = tensor([1]).requireGrad();
  throwsWith(() => noGrad(() => x.sum()).backward(), 'nothing to differentiate');
  throwsWith(() => x.detach().sum().backward(), 'nothing to differentiate');
  throwsWith(() => x.gt(0).backward(), 'nothing to differentiate');
});

test('noGrad records nothing, nests, and ends also when its function throws', () => {
  const x = tensor([1]).requireGrad();
  noGrad(() => {
    assert.is(isRecording(), false);
    noGrad(() => {});
    assert.is(isRecording(), false);
    assert.is(x.mul(2).node, null);
    assert.is(x.mul(2).requiresGrad, false);
  });
  assert.throws(() => noGrad(() => x.reshape([7])));
  assert.is(isRecording(), true);
  assert.is(x.mul(2).requiresGrad, true);
});

test('adjoints of frozen inputs never run', () => {
  const ran: string[] = [];
  const spy = (name: string) => (dy: Tensor) => {
    ran.push(name);
    return dy;
  };
  const op = (a: Tensor, b: Tensor) =>
    record('spy', new Float32Array([0]), [1], [a, b], [spy('a'), spy('b')]);
  const [frozen, free] = [tensor([1]), tensor([2]).requireGrad()];
  op(frozen, free).backward();
  assert.equal(ran, ['b']);
  op(free, frozen).backward();
  assert.equal(ran, ['b', 'a']);
  assert.is(op(frozen, frozen).node, null, 'nothing is recorded for frozen inputs');
  assert.is(frozen.grad, null);
  const late = op(free, free);
  free.requireGrad(false); // frozen after the forward pass
  late.backward();
  assert.equal(ran, ['b', 'a']);
});

test('a whole frozen branch is not visited', () => {
  const frozen = distinct([4, 4]);
  const x = distinct([4], 2).requireGrad();
  const branch = frozen.exp().matmul(frozen).sum(0);
  assert.is(branch.node, null);
  x.mul(branch).sum().backward();
  assert.equal(numbers(x.grad), numbers(branch));
});

test('a chain of 10,000 ops does not overflow the stack and has the right gradient', () => {
  const x = fromArray(Float64Array.of(0.5), [1]).requireGrad();
  let y: Tensor = x;
  for (let i = 0; i < 10_000; i++) y = i % 2 === 0 ? y.mul(1.0002) : y.add(0.001);
  y.sum().backward();
  assert.ok(Math.abs(x.grad!.item() - 1.0002 ** 5000) < 1e-9);
});

test('a ladder of 60 diamonds visits each node once', () => {
  // Each step doubles the number of paths: 2^60 of them. Walking paths instead of nodes would never end.
  let y: Tensor = fromArray(Float64Array.of(1), [1]).requireGrad();
  const x = y;
  for (let i = 0; i < 60; i++) y = y.add(y);
  y.backward();
  assert.is(x.grad!.item(), 2 ** 60);
});

test('diamonds of unequal length wait for all their paths', () => {
  const x = tensor([3]).requireGrad();
  const a = x.square(); // 9
  const long = a.mul(2).add(1).square(); // (2a + 1)^2, derivative 4 (2a + 1) = 76
  a.mul(5).add(long).mul(a).backward(); // (5a + (2a+1)^2) a: derivative 5a + 361 + a (5 + 76) = 1135
  assert.equal(numbers(x.grad), [1135 * 6]);
});

test('an op with one result used in several places, another not at all', () => {
  const x = tensor([3, 1, 2]).requireGrad();
  const [first, , last] = x.split([1, 1, 1]);
  first!.mul(first!).mul(last!).backward();
  assert.equal(numbers(x.grad), [12, 0, 9]);
});

test('a backward pass that breaks off leaves everything as it should be: recording on, no scope open, memory given back', () => {
  const { backend, live } = counting();
  const x = tensor([1, 2], { backend }).requireGrad();
  const w = tensor([3, 4], { backend }).requireGrad();
  const before = live();
  for (const fault of ['throws', 'wrong shape'] as const) {
    scope(() => {
      const inner = x.mul(2).exp();
      const data = backend.copy(inner.view, 'float32');
      const broken = record(
        'broken',
        data,
        [2],
        [inner],
        [
          (dy) => {
            if (fault === 'throws') throw new Error('the adjoint throws');
            return dy.sum();
          },
        ],
      );
      const loss = broken.mul(w).sum();
      assert.throws(() => loss.backward(), /the adjoint throws|made a gradient of shape/);
      assert.is(isRecording(), true);
      assert.ok(x.mul(2).requiresGrad);
    });
    assert.is(scopeSize(), 0);
    assert.is(x.grad, null, 'nothing has reached x');
    w.grad!.dispose(); // w was reached before
    w.grad = null;
    assert.is(live(), before);
  }
  x.mul(w).sum().backward();
  assert.equal(
    [numbers(x.grad), numbers(w.grad)],
    [
      [3, 4],
      [1, 2],
    ],
  );
});

test('a condition has no gradient: what it was computed from is passed over, unless it is needed elsewhere', () => {
  const x = tensor([1, -1]).requireGrad();
  const mask = x.mul(2).relu(); // recorded, and reached by the walk, but no gradient leads here
  where(mask, x.mul(3), 5).sum().backward();
  assert.equal(numbers(x.grad), [3, 0]);
  x.grad = null;
  const both = x.mul(2).relu();
  where(both, x.mul(3), both.mul(10)).sum().backward();
  assert.equal(numbers(x.grad), [3, 0]);
});

test('the graph is walked as it was recorded: an order of uses that is not the order of making', () =>
  float64(() => {
    const x = distinct([3]).requireGrad();
    const [a, b] = [x.exp(), x.sin()];
    const c = b.mul(a);
    const d = a.mul(c).add(b);
    const late = x.mul(3);
    d.mul(late).add(c).add(a).sum().backward();
    const found = numbers(x.grad);
    const expected = numbers(x).map((t) => {
      const [e, s, k] = [Math.exp(t), Math.sin(t), Math.cos(t)];
      const f = e * e * s + s;
      return (2 * e * e * s + e * e * k + k) * 3 * t + f * 3 + (k * e + s * e) + e;
    });
    allClose(found, expected, { absolute: 1e-12, relative: 1e-12 });
  }));

test('backward frees what the ops saved', () => {
  const x = tensor([1, 2]).requireGrad();
  const y = x.exp();
  const loss = y.mul(y).sum();
  const nodes: GraphNode[] = [y.node!, loss.node!, loss.node!.inputs[0]!.node!];
  assert.ok(nodes.every((node) => node.adjoints !== null));
  loss.backward();
  assert.ok(nodes.every((node) => node.adjoints === null));
});

test('an adjoint of the wrong shape is reported with both shapes', () => {
  const x = tensor([1, 2]).requireGrad();
  const y = record('broken', new Float32Array([1]), [], [x], [(dy) => dy]);
  throwsWith(() => y.backward(), '"broken"', '[]', '[2]');
});

test('one input used twice gets both gradients', () => {
  const twice: Record<string, (x: Tensor) => Tensor> = {
    'x + x': (x) => x.add(x),
    'x - x^2': (x) => x.sub(x.square()),
    'x * x': (x) => x.mul(x),
    'x / (x^2 + 1)': (x) => x.div(x.square().add(1)),
    'x ^ x': (x) => x.pow(x),
    'x x^T': (x) => x.matmul(x.transpose()),
    'where(c, x, x)': (x) => where(condition, x, x),
    'where(c, x, 2x)': (x) => where(condition, x, x.mul(2)),
    'x + mean x': (x) => x.add(x.mean(-1, { keepDim: true })),
  };
  for (const [name, fn] of Object.entries(twice))
    checkGradient({ name, inputs: [[2, 3]], fn, ranges: positive });
});

test('empty tensors have empty gradients', () =>
  float64(() => {
    for (const shape of [[0], [2, 0], [0, 3]]) {
      const x = distinct(shape).requireGrad();
      const other = distinct(shape, 2);
      x.mul(other).exp().add(x.softmax()).cumsum(0).sum().backward();
      assert.equal(x.grad!.shape, shape);
      assert.is(x.grad!.size, 0);
    }
    const rows = distinct([0, 3]).requireGrad();
    const row = distinct([3]).requireGrad();
    rows.add(row).sum().backward();
    assert.equal([...row.grad!.toArray()], [0, 0, 0]); // stretched to no rows at all
    const table = distinct([4, 2]).requireGrad();
    table
      .embedding(tensor([], { dtype: 'int32' }))
      .sum()
      .backward();
    assert.equal([...table.grad!.toArray()], new Array(8).fill(0));
  }));

test.run();
