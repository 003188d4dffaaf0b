/** Gradients during backward: whose memory they lie in, how much of it there is, and when it goes back. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { record } from '../../src/tensor/autograd.ts';
import { ones, scope, type Tensor, tensor, zeros } from '../../src/tensor/index.ts';
import { coversData } from '../../src/tensor/view.ts';
import { counting } from './fixtures.ts';

const numbers = (t: Tensor | null) => [...t!.toArray()];

test('the gradient is a copy: neither the upstream gradient nor another leaf shares its memory', () => {
  const [a, b] = [tensor([1, 2]).requireGrad(), tensor([3, 4]).requireGrad()];
  const upstream = tensor([5, 6]);
  a.add(b).backward({ gradient: upstream });
  upstream.assign(zeros([2]));
  a.grad!.assign(tensor([7, 8]));
  assert.equal(numbers(b.grad), [5, 6]);
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

test('an adjoint may return any view of memory it has made: turned, cut out, stretched, from the middle', () => {
  const views: Record<string, (dy: Tensor) => Tensor> = {
    'as it is': (dy) => dy.mul(2),
    turned: (dy) => dy.transpose().mul(2).contiguous().transpose(),
    'cut out': (dy) => dy.mul(2).pad(0, 1, 1).slice(0, 1, 3),
    'the front of a larger one': (dy) => dy.mul(2).pad(0, 0, 2).slice(0, 0, 2),
    'the end of a larger one': (dy) => dy.mul(2).pad(0, 2, 0).slice(0, 2),
    'every row the same': (dy) => dy.slice(0, 0, 1).mul(2).expand([2, 3]),
  };
  const upstream = [1, 2, 3, 4, 5, 6];
  for (const [name, adjoint] of Object.entries(views)) {
    for (const times of [1, 2]) {
      const x = tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]).requireGrad();
      const gradient = tensor([upstream.slice(0, 3), upstream.slice(3)]);
      for (let i = 0; i < times; i++)
        record('viewed', x.mul(2).data, [2, 3], [x], [adjoint]).backward({ gradient });
      const once = name === 'every row the same' ? [2, 4, 6, 2, 4, 6] : upstream.map((dy) => 2 * dy);
      assert.equal(
        numbers(x.grad),
        once.map((dy) => times * dy),
        `${name}, ${times} times`,
      );
      assert.ok(coversData(x.grad!.view), `${name}: a gradient is a tensor of its own`); // there is one, see above
    }
  }
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
  const older = b.mul(2); // still waits for its gradient when that of `a`, in the same memory, gets another added to it
  const between = a.mul(5);
  both(a, older).add(between).sum().backward();
  assert.equal([...numbers(a.grad), ...numbers(b.grad)], [8, 8, 6, 6]);
  [a.grad, b.grad] = [null, null];
  const upstream = tensor([1, 10]);
  const y = a.mul(1).add(b.reshape([2, 1]).reshape([2]));
  y.add(y.reshape([1, 2]).reshape([2])).backward({ gradient: upstream }); // dy itself and views of it, all along
  assert.equal([...numbers(a.grad), ...numbers(b.grad), ...numbers(upstream)], [2, 20, 2, 20, 1, 10]);
});

test.run();
