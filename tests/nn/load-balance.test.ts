/** The balance loss: its floor, how it grows, what it ignores; and the bias that moves by signs. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { balanceLoss, choicesOf, loadOf, movedBias, routerEntropy } from '../../src/nn/load-balance.ts';
import { maskOf } from '../../src/nn/moe.ts';
import { chooseExperts } from '../../src/nn/routing.ts';
import { gradcheck, ones, Random, randn, type Tensor, tensor, zeros } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { float64, TIGHT } from '../models/tiny.ts';

const E = 4;

/** Loss of a router whose probabilities are these, each token choosing the k best. */
function lossOf(probabilities: Tensor, k: number, counted = ones([probabilities.shape[0]!, 1])): number {
  const chosen = chooseExperts(probabilities.toArray(), E, k);
  return balanceLoss(probabilities, maskOf(chosen, probabilities), counted).item();
}

/** N = E tokens; token n prefers expert n (or always expert 0) with probability (1 + 3 s) / 4. */
function router(sharpness: number, prefers: (token: number) => number): Tensor {
  return tensor(
    Array.from({ length: E }, (_, token) =>
      Array.from({ length: E }, (_, e) => (1 - sharpness) / E + (e === prefers(token) ? sharpness : 0)),
    ),
  );
}

test('the floor is 1, reached by uniform routing, sure or unsure, whatever k is', () => {
  float64(() => {
    for (const sharpness of [0.1, 0.5, 1]) {
      allClose(
        [
          lossOf(
            router(sharpness, (token) => token),
            1,
          ),
        ],
        [1],
        TIGHT,
      );
    }
    const rotated = tensor(
      Array.from({ length: E }, (_, t) => [0.4, 0.3, 0.2, 0.1].map((_, e) => (((e - t + E) % E) + 1) / 10)),
    );
    for (const k of [1, 2, 3, 4]) allClose([lossOf(rotated, k)], [1], TIGHT, `k = ${k}`);
  });
});

test('it grows with the imbalance, up to E', () => {
  float64(() => {
    const losses = [0.1, 0.3, 0.6, 1].map((sharpness) =>
      lossOf(
        router(sharpness, () => 0),
        1,
      ),
    );
    for (const [i, loss] of losses.entries()) assert.ok(loss > (losses[i - 1] ?? 1.01), String(losses));
    allClose([losses.at(-1)!], [E], TIGHT);
  });
});

test('it does not scale with k; the sum over slots that Transformers takes does', () => {
  float64(() => {
    const probabilities = randn([200, E], new Random(1)).softmax(-1);
    const counted = ones([200, 1]);
    for (const k of [1, 2, 3]) {
      const loss = lossOf(probabilities, k);
      assert.ok(loss > 0.99 && loss < 1.3, `k = ${k}: ${loss}`);
      const mask = maskOf(chooseExperts(probabilities.toArray(), E, k), probabilities);
      const other = choicesOf(mask, counted).div(200).mul(probabilities.mean(0)).sum().mul(E).item();
      allClose([other], [k * loss], TIGHT, 'control');
    }
  });
});

test('filler is ignored, in loss and entropy', () => {
  float64(() => {
    const real = randn([6, E], new Random(2)).softmax(-1);
    const filler = randn([3, E], new Random(3)).mul(9).softmax(-1);
    const all = tensor([...rows(filler), ...rows(real)]);
    const counted = tensor([0, 0, 0, 1, 1, 1, 1, 1, 1].map((one) => [one]));
    allClose([lossOf(all, 2, counted)], [lossOf(real, 2)], TIGHT);
    assert.ok(Math.abs(lossOf(all, 2) - lossOf(real, 2)) > 0.01, 'control: counted, it changes the loss');
    const entropy = routerEntropy(real, ones([6, 1])).item();
    allClose([routerEntropy(all, counted).item()], [entropy], TIGHT);
    assert.ok(Math.abs(routerEntropy(all, ones([9, 1])).item() - entropy) > 0.01);
  });
});

function rows(x: Tensor): number[][] {
  const values = [...x.toArray()];
  return Array.from({ length: values.length / E }, (_, row) => values.slice(row * E, row * E + E));
}

test('nothing but filler: 0 and shares of 0, not NaN', () => {
  const nobody = zeros([E, 1]);
  assert.is(
    lossOf(
      router(0.5, () => 0),
      1,
      nobody,
    ),
    0,
  );
  assert.equal([...loadOf(zeros([E])).toArray()], [0, 0, 0, 0]);
  assert.is(
    routerEntropy(
      router(0.5, () => 0),
      nobody,
    ).item(),
    0,
  );
});

test('entropy: 0 for a router that is sure, ln E for one that never prefers any', () => {
  allClose(
    [
      routerEntropy(
        router(1, () => 2),
        ones([E, 1]),
      ).item(),
    ],
    [0],
    { absolute: 1e-6, relative: 0 },
  );
  allClose(
    [
      routerEntropy(
        router(0, () => 2),
        ones([E, 1]),
      ).item(),
    ],
    [Math.log(E)],
    { absolute: 1e-6, relative: 0 },
  );
});

test('its gradient pushes down what got more than its share, and no other way than through P', () => {
  float64(() => {
    const logits = randn([5, E], new Random(4)).requireGrad();
    const chosen = maskOf(chooseExperts(logits.toArray(), E, 1), logits);
    gradcheck(() => balanceLoss(logits.softmax(-1), chosen, ones([5, 1])), [logits]);
    const skewed = tensor([
      [1, 0, 0, 0],
      [0.9, 0, 0, 0],
    ]).requireGrad();
    const mask = maskOf(Int32Array.of(0, 0), skewed);
    balanceLoss(skewed.softmax(-1), mask, ones([2, 1])).backward();
    const gradient = skewed.grad!.toArray();
    assert.ok(gradient[0]! > 0 && gradient[1]! < 0, 'descent lowers the chosen logit and raises the others');
  });
});

test('the bias moves by the rate, up for those below the mean, down for those above, not for those on it', () => {
  const moved = movedBias(tensor([0, 0, 1, 0]), tensor([4, 0, 1, 3]), 0.5);
  assert.equal([...moved.toArray()], [-0.5, 0.5, 1.5, -0.5]);
  assert.equal([...movedBias(tensor([1, 2]), tensor([3, 3]), 0.5).toArray()], [1, 2]);
  assert.equal([...movedBias(tensor([1, 2]), zeros([2]), 0.5).toArray()], [1, 2]);
});

test.run();
