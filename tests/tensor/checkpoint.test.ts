/** Activation checkpointing: the same bits for less memory, dropout drawn alike the second time. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkpoint, noGrad, Random, randn, scope, type Tensor } from '../../src/tensor/index.ts';
import { counting } from './fixtures.ts';

/** Loss, gradients of input and weight, and the most pieces of memory alive at the end of the forward pass. */
function run(checkpointed: boolean) {
  const { backend, live } = counting();
  const random = new Random(3);
  const x = randn([4, 6], random, { backend }).requireGrad();
  const weight = randn([6, 6], random, { backend }).requireGrad();
  const before = live();
  const result = scope(() => {
    const layer = (h: Tensor) => h.matmul(weight).silu().dropout(0.3, random).mul(h).tanh();
    let h: Tensor = x;
    for (let i = 0; i < 5; i++) h = checkpointed ? checkpoint(layer, h, random) : layer(h);
    const pieces = live();
    const loss = h.sum();
    loss.backward();
    const numbers = [loss, x.grad!, weight.grad!].map((t) => [...t.toArray()]);
    return { numbers, pieces, state: random.state() };
  });
  assert.is(live(), before + 2, 'the gradients of x and weight are left, and nothing else');
  return result;
}

test('the same loss, gradients and random state, with fewer pieces of memory after the forward pass', () => {
  const [plain, checkpointed] = [run(false), run(true)];
  assert.equal(checkpointed.numbers, plain.numbers);
  assert.equal(checkpointed.state, plain.state);
  assert.ok(checkpointed.numbers.flat().every(Number.isFinite));
  assert.ok(2 * checkpointed.pieces < plain.pieces, `${checkpointed.pieces} and ${plain.pieces} pieces`);
});

test('an input that needs no gradient: the parameters used inside get theirs all the same', () => {
  const weight = randn([3, 3], new Random(1)).requireGrad();
  const x = randn([2, 3], new Random(2));
  checkpoint((h) => h.matmul(weight).silu(), x)
    .sum()
    .backward();
  const found = [...weight.grad!.toArray()]; // backward has reached it
  weight.grad = null;
  x.matmul(weight).silu().sum().backward();
  assert.equal(found, [...weight.grad!.toArray()]);
});

test('without recording nothing is recorded', () => {
  const x = randn([3], new Random(2)).requireGrad();
  const y = noGrad(() => checkpoint((h) => h.exp(), x));
  assert.is(y.requiresGrad, false);
  assert.equal([...y.toArray()], [...x.exp().toArray()]);
});

test('negative control: without the generator dropout draws anew, and the gradient belongs to another mask', () => {
  const gradient = (given: boolean) => {
    const random = new Random(5);
    const x = randn([50], new Random(1)).requireGrad();
    const y = checkpoint((h) => h.dropout(0.5, random).square(), x, given ? random : undefined);
    const kept = [...y.toArray()].map((value) => value !== 0);
    y.sum().backward();
    return [...x.grad!.toArray()].every((value, i) => (value !== 0) === kept[i]);
  };
  assert.is(gradient(true), true);
  assert.is(gradient(false), false);
});

test.run();
