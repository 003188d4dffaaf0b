import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generalizedAdvantages, whiten } from '../../src/losses/gae.ts';
import { Random } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { TIGHT } from '../models/tiny.ts';
import { EXACT, golden } from './golden-cases.ts';

test('GAE = the direct sum of discounted deltas; lambda 1: returns - values; lambda 0: one step', () => {
  const random = new Random(3);
  for (const T of [1, 2, 7]) {
    const rewards = Array.from({ length: T }, () => random.normal());
    const values = Array.from({ length: T }, () => random.normal());
    for (const [gamma, lambda] of [
      [1, 0.95],
      [0.9, 0.5],
      [1, 1],
      [0.9, 1],
      [1, 0],
    ] as const) {
      const delta = rewards.map((r, t) => r + gamma * (values[t + 1] ?? 0) - values[t]!);
      const direct = delta.map((_, t) =>
        delta.slice(t).reduce((sum, d, k) => sum + (gamma * lambda) ** k * d, 0),
      );
      const { advantages, returns } = generalizedAdvantages(rewards, values, { gamma, lambda });
      allClose(advantages, direct, TIGHT);
      allClose(
        returns,
        direct.map((a, t) => a + values[t]!),
        TIGHT,
      );
      if (lambda === 1) {
        const rest = rewards.map((_, t) => rewards.slice(t).reduce((sum, r, k) => sum + gamma ** k * r, 0));
        allClose(returns, rest, TIGHT, 'the rest of the rewards');
        allClose(
          advantages,
          rest.map((R, t) => R - values[t]!),
          TIGHT,
        );
      }
      if (lambda === 0) allClose(advantages, delta, TIGHT);
    }
  }
  const empty = generalizedAdvantages([], [], { gamma: 1, lambda: 1 });
  assert.is(empty.advantages.length, 0);
  assert.throws(() => generalizedAdvantages([1], [], { gamma: 1, lambda: 1 }), /1 rewards but 0 values/);
});

test('whitening: mean 0 and deviation 1 whatever the scale; equal values give zeros', () => {
  for (const scale of [1e-2, 1, 1e6]) {
    const white = whiten([3, -1, 4, 1, -5, 9].map((x) => x * scale + 7));
    allClose([white.reduce((a, b) => a + b, 0) / 6], [0], { absolute: 1e-9 });
    allClose([white.reduce((a, b) => a + b * b, 0) / 6], [1], { absolute: 1e-3 });
  }
  assert.equal([...whiten([2, 2, 2])], [0, 0, 0]);
});

test('PyTorch: GAE and whitening', () => {
  const [rewards, values] = [golden.values('gae/rewards'), golden.values('gae/values')];
  const options = { gamma: golden.number('gae/gamma'), lambda: golden.number('gae/lambda') };
  const { advantages, returns } = generalizedAdvantages(rewards, values, options);
  allClose(advantages, golden.values('gae/advantages'), EXACT);
  allClose(returns, golden.values('gae/returns'), EXACT);
  allClose(whiten(advantages), golden.values('gae/whitened'), EXACT);
  const wrong = generalizedAdvantages(rewards, values, { ...options, lambda: 1 });
  assert.ok(differs(wrong.advantages, golden.values('gae/advantages')));
});

test('gamma and lambda each in its own place: the recursion by hand, for every pair of them', () => {
  const rewards = [0.5, -1, 2, 0.25];
  const values = [1, 0.5, -0.5, 2];
  for (const gamma of [0, 0.5, 0.9, 1])
    for (const lambda of [0, 0.3, 0.95, 1]) {
      const { advantages, returns } = generalizedAdvantages(rewards, values, { gamma, lambda });
      for (let t = 0; t < 4; t++) {
        let sum = 0;
        for (let k = t; k < 4; k++) {
          const delta = rewards[k]! + gamma * (values[k + 1] ?? 0) - values[k]!;
          sum += (gamma * lambda) ** (k - t) * delta;
        }
        allClose([advantages[t]!, returns[t]!], [sum, sum + values[t]!], { absolute: 1e-12 });
      }
    }
  const { advantages, returns } = generalizedAdvantages([3], [1], { gamma: 0.5, lambda: 0.5 });
  assert.equal([...advantages, ...returns], [2, 3], 'an answer of one token');
  assert.throws(() => generalizedAdvantages([1, 2], [1], { gamma: 1, lambda: 1 }), /2 rewards but 1 values/);
});

test('whitening divides by the deviation of the numbers themselves, n and not n - 1', () => {
  allClose(whiten([1, 3]), [-1, 1], { absolute: 1e-6 });
  allClose(whiten([5]), [0]);
});

test.run();
