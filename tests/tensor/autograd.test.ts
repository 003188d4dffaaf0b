/** The graph: what is recorded, how gradients add up, what backward frees, and what its errors say. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { record } from '../../src/tensor/autograd.ts';
import { fromArray, isRecording, noGrad, ones, scope, tensor, zeros } from '../../src/tensor/index.ts';
import type { GraphNode, Tensor } from '../../src/tensor/tensor.ts';
import { counting, distinct, throwsWith } from './fixtures.ts';

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

test('the gradient is a copy: neither the upstream gradient nor another leaf shares its memory', () => {
  const [a, b] = [tensor([1, 2]).requireGrad(), tensor([3, 4]).requireGrad()];
  const upstream = tensor([5, 6]);
  a.add(b).backward({ gradient: upstream });
  upstream.assign(zeros([2]));
  a.grad!.assign(tensor([7, 8]));
  assert.equal(numbers(b.grad), [5, 6]);
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

test('detach cuts the graph and shares the numbers', () => {
  const x = tensor([1, 2]).requireGrad();
  const y = x.mul(3);
  const cut = y.detach();
  assert.is(cut.requiresGrad, false);
  assert.is(cut.data, y.data);
  x.mul(cut).sum().backward();
  assert.equal(numbers(x.grad), [3, 6]);
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

test('backward frees what the ops saved', () => {
  const x = tensor([1, 2]).requireGrad();
  const y = x.exp();
  const loss = y.mul(y).sum();
  const nodes: GraphNode[] = [y.node!, loss.node!, loss.node!.inputs[0]!.node!];
  assert.ok(nodes.every((node) => node.adjoints !== null));
  loss.backward();
  assert.ok(nodes.every((node) => node.adjoints === null));
});

test('gradients on the way live from node to node: a long chain needs no more memory than a short one', () => {
  const extra = (length: number) => {
    const { backend, live, most } = counting();
    let during = 0;
    scope(() => {
      const x = ones([8], { backend }).requireGrad();
      let y: Tensor = x;
      for (let i = 0; i < length; i++)
        y = i % 3 === 0 ? y.add(y) : i % 3 === 1 ? y.mul(0.4) : y.reshape([8, 1]).reshape([8]);
      const loss = y.sum();
      const before = live();
      loss.backward();
      during = most() - before;
      assert.is(live(), before + 1, 'the gradient of the leaf, and nothing else, is left');
      x.grad!.dispose();
    });
    return during;
  };
  assert.ok(extra(10) < 8, `${extra(10)} pieces of memory`);
  assert.is(extra(300), extra(10));
});

test('a gradient that an adjoint passes on, or hands out twice, is not freed under its users', () => {
  const [a, b] = [tensor([1, 2]).requireGrad(), tensor([3, 4]).requireGrad()];
  const both = (x: Tensor, y: Tensor) => {
    let shared: Tensor | undefined;
    const adjoint = (dy: Tensor) => {
      shared ??= dy.mul(3);
      return shared;
    };
    return record('both', x.add(y).data, [2], [x, y], [adjoint, adjoint]);
  };
  both(a, b).sum().backward(); // two leaves
  a.grad!.assign(tensor([7, 8]));
  assert.equal([...numbers(a.grad), ...numbers(b.grad)], [7, 8, 3, 3]);
  [a.grad, b.grad] = [null, null];
  both(a, b.mul(2)).sum().backward(); // a leaf and a node
  assert.equal([...numbers(a.grad), ...numbers(b.grad)], [3, 3, 6, 6]);
  [a.grad, b.grad] = [null, null];
  const upstream = tensor([1, 10]);
  const y = a.mul(1).add(b.reshape([2, 1]).reshape([2]));
  y.add(y.reshape([1, 2]).reshape([2])).backward({ gradient: upstream }); // dy itself and views of it, all along
  assert.equal([...numbers(a.grad), ...numbers(b.grad), ...numbers(upstream)], [2, 20, 2, 20, 1, 10]);
});

test('an adjoint of the wrong shape is reported with both shapes', () => {
  const x = tensor([1, 2]).requireGrad();
  const y = record('broken', new Float32Array([1]), [], [x], [(dy) => dy]);
  throwsWith(() => y.backward(), '"broken"', '[]', '[2]');
});

test('requireGrad is for leaves of floating-point type', () => {
  const x = tensor([1]).requireGrad();
  throwsWith(() => x.mul(2).requireGrad(), 'leaf');
  throwsWith(() => tensor([1], { dtype: 'int32' }).requireGrad(), 'int32');
  assert.is(tensor([1], { dtype: 'int32' }).requireGrad(false).requiresGrad, false);
  assert.is(x.to('int32').requiresGrad, false);
});

test('gradients flow through a change of type, in the type of the leaf', () => {
  const x = tensor([1.5, 2.5]).requireGrad();
  const y = x.to('float64').square();
  assert.is(y.dtype, 'float64');
  y.sum().backward();
  assert.equal([x.grad!.dtype, ...numbers(x.grad)], ['float32', 3, 5]);
});

test.run();
