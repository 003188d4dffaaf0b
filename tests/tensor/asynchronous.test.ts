/** A backend whose memory JavaScript cannot read at once, as on a GPU: only `await read()`, and no op may need more. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { concat, fromArray, Random, randn, type Tensor, tensor, where } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { deviceLike, throwsWith } from './fixtures.ts';

test('toArray and item throw a sentence, read works', async () => {
  const { backend, reads } = deviceLike();
  const x = tensor(
    [
      [1, 2],
      [3, 4],
    ],
    { backend },
  );
  throwsWith(() => x.toArray(), 'toArray', 'device', 'await tensor.read()');
  throwsWith(() => x.sum().item(), 'device', 'await tensor.read()');
  assert.equal([...(await x.transpose().read())], [1, 3, 2, 4]);
  assert.is(reads(), 1);
  assert.is(`${x}`, 'Tensor [2, 2] float32 on device');
});

/** Embedding, attention, gated feed-forward and loss of a tiny model, from leaves on any backend. */
function model(backend: NonNullable<Parameters<typeof tensor>[1]>['backend'] & object) {
  const random = new Random(2);
  const parameter = (...shape: number[]) => randn(shape, random, { backend }).requireGrad();
  const leaves: Tensor[] = [parameter(7, 4), parameter(4, 12), parameter(4, 4), parameter(4)];
  const [table, qkv, up, gain] = leaves as [Tensor, Tensor, Tensor, Tensor];
  const x = table.embedding(fromArray(Int32Array.of(1, 5, 2, 0, 1, 6), [2, 3], { backend })); // [2, 3, 4]
  const normed = x.mul(x.square().mean(-1, { keepDim: true }).add(1e-6).rsqrt()).mul(gain);
  const [q, k, v] = normed
    .matmul(qkv)
    .split([4, 4, 4], -1)
    .map((t) => t.reshape([2, 3, 2, 2]).transpose(1, 2)) as [Tensor, Tensor, Tensor];
  const mask = fromArray(Int32Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0), [3, 3], { backend });
  const scores = q.matmul(k.transpose()).div(Math.SQRT2).maskedFill(mask, -Infinity).softmax();
  const mixed = scores.matmul(v).transpose(1, 2).reshape([2, 3, 4]).dropout(0.1, random);
  const h = x.add(mixed);
  const gated = h.add(h.matmul(up).silu().clamp({ min: -3 }));
  const [left, right] = gated.split([2, 2], -1);
  const turned = where(mask.slice(0, 0, 1).reshape([1, 3, 1]), gated, concat([right!.neg(), left!], -1));
  const logits = turned.matmul(table.transpose()).reshape([6, 7]);
  const targets = fromArray(Int32Array.of(5, -100, 0, 1, 6, 2), [6], { backend });
  const best = logits.topK(2).values.sum().add(logits.cumsum(0).max(0).logSumExp());
  return { loss: logits.crossEntropy(targets).add(best.mul(0.01)), leaves };
}

test('a forward and backward pass needs no synchronous read and agrees with the reference', async () => {
  const { backend, reads } = deviceLike();
  const here = model((await import('../../src/tensor/index.ts')).reference);
  here.loss.backward();
  const there = model(backend);
  there.loss.backward();
  assert.is(reads(), 0);
  assert.equal(await there.loss.read(), here.loss.toArray());
  for (const [i, leaf] of there.leaves.entries()) {
    assert.is(leaf.grad!.backend, backend);
    const gradient = await leaf.grad!.read();
    allClose(gradient, here.leaves[i]!.grad!.toArray(), { absolute: 0, relative: 0 }, `leaf ${i}`);
    assert.ok(gradient.some((value) => value !== 0));
  }
  assert.is(reads(), 1 + there.leaves.length);
});

test('results stay on the backend of their inputs, factories follow the options', () => {
  const { backend } = deviceLike();
  const x = tensor([1, 2], { backend });
  for (const y of [x.add(1), x.reshape([2, 1]), x.sum(), x.to('float64'), x.detach(), x.topK(1).indices]) {
    assert.is(y.backend, backend);
  }
});

test.run();
