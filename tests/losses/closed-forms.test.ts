/** What the objectives must give where the answer is known without computing it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dpoLoss } from '../../src/losses/dpo.ts';
import { generalizedAdvantages, whiten } from '../../src/losses/gae.ts';
import { groupAdvantages, tokenWeights } from '../../src/losses/grpo.ts';
import { k1, k3 } from '../../src/losses/kl.ts';
import { answerLogProbs, entropies, sumByAnswer, tokenLogProbs } from '../../src/losses/log-probs.ts';
import { clippedPolicyLoss } from '../../src/losses/ppo.ts';
import { rewardLoss } from '../../src/losses/reward.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { noGrad, Random, type Tensor, tensor } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { float64, int32, randomIds, TIGHT, tinyModel } from '../models/tiny.ts';

const answers = [5, 9, 3, 12, 7, 4].map((length, i) => ({
  ids: randomIds(length, 13, 70 + i),
  answerStart: 1 + (i % 2),
}));

test('DPO before the first update: ln 2 and no margin for every pair, sigmoid and smoothed; IPO: 1 / (4 beta^2)', () => {
  float64(() => {
    const policy = tinyModel();
    const reference = tinyModel();
    const split = (t: Tensor) => ({ chosen: t.slice(0, 0, 3), rejected: t.slice(0, 3, 6) });
    // The reference sees the answers one by one, as a cached reference does.
    const apart = answers.map((answer) => answerLogProbs(reference, toAnswerBatch([answer])).item());
    const [p, q] = [split(answerLogProbs(policy, toAnswerBatch(answers))), split(tensor(apart))];
    for (const labelSmoothing of [0, 0.1]) {
      const { losses, margins } = dpoLoss(p, q, { beta: 0.1, labelSmoothing });
      allClose(losses.toArray(), [Math.LN2, Math.LN2, Math.LN2], TIGHT);
      allClose(margins.toArray(), [0, 0, 0], TIGHT);
    }
    const { losses } = dpoLoss(p, q, { beta: 0.2, kind: 'ipo' });
    allClose(losses.toArray(), [6.25, 6.25, 6.25], { absolute: 1e-7 });
    const other = split(answerLogProbs(tinyModel({}, 2), toAnswerBatch(answers)));
    assert.ok(
      differs(dpoLoss(p, other, { beta: 0.1 }).losses.toArray(), [Math.LN2, Math.LN2, Math.LN2]),
      'control',
    );
  });
});

test('the first update of PPO: every ratio exactly 1, no clipping, both divergences 0, loss = - mean advantage', () => {
  for (const dtype of ['float64', 'float32'] as const) {
    const model = tinyModel();
    const run = () => {
      const batch = toAnswerBatch(answers);
      const old = noGrad(() => tokenLogProbs(model, batch));
      const now = tokenLogProbs(model, batch); // recorded this time
      const advantages = tensor(whiten(randomIds(old.size, 100, 5)) as unknown as number[], {
        dtype: old.dtype,
      });
      const { ratios, clipped, losses } = clippedPolicyLoss(now, old, advantages, 0.2);
      assert.ok(
        ratios.toArray().every((ratio) => ratio === 1),
        'ratios',
      );
      assert.is(clipped.sum().item(), 0);
      assert.ok([...k1(now, old).toArray(), ...k3(now, old).toArray()].every((value) => value + 0 === 0));
      allClose(losses.toArray(), advantages.neg().toArray(), { absolute: 1e-12 });
      const elsewhere = clippedPolicyLoss(tokenLogProbs(tinyModel({}, 2), batch), old, advantages, 0.2);
      assert.ok(differs(elsewhere.ratios.toArray(), new Float64Array(old.size).fill(1)), 'control');
    };
    if (dtype === 'float64') float64(run);
    else run();
  }
});

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

test('GRPO: advantages sum to 0 in every group, equal rewards teach nothing, token weights sum to 1', () => {
  const random = new Random(8);
  const rewards = Array.from({ length: 24 }, (_, i) => (i >= 16 && i < 20 ? 1 : random.normal() * 10));
  for (const scaled of [true, false]) {
    const advantages = groupAdvantages(rewards, 4, { scaled });
    for (let group = 0; group < 6; group++) {
      const own = advantages.slice(group * 4, group * 4 + 4);
      allClose([own.reduce((a, b) => a + b, 0)], [0], { absolute: 1e-12 });
      if (group === 4) assert.equal([...own], [0, 0, 0, 0]);
    }
    const whole = groupAdvantages(rewards, 24, { scaled }).slice(0, 4);
    assert.ok(Math.abs(whole.reduce((a, b) => a + b, 0)) > 1e-3, 'control: not with the mean of all');
  }
  for (const average of ['answer', 'token'] as const) {
    const weights = tokenWeights([1, 5, 2], average);
    allClose([weights.reduce((a, b) => a + b, 0)], [1], { absolute: 1e-12 });
    allClose([weights[0]!, weights[1]!], average === 'answer' ? [1 / 3, 1 / 15] : [1 / 8, 1 / 8], TIGHT);
  }
  assert.throws(() => groupAdvantages([1, 2, 3], 2), /do not fill groups/);
  assert.throws(() => groupAdvantages([1], 1), /at least 2 answers/);
});

test('reward loss: ln 2 for equal rewards, 0 and the gap itself far out, no overflow', () => {
  const at = (c: number, r: number) => rewardLoss(tensor([c]), tensor([r])).losses.item();
  allClose([at(0, 0), at(200, -200), at(-200, 200)], [Math.LN2, 0, 400], { absolute: 1e-6 });
  allClose([rewardLoss(tensor([5]), tensor([3]), { margin: 2 }).losses.item()], [Math.LN2], {
    absolute: 1e-6,
  });
});

test('k3 is never negative; both estimate the divergence from tokens drawn from p', () => {
  float64(() => {
    const [p, q] = [
      [0.5, 0.3, 0.2],
      [0.2, 0.3, 0.5],
    ].map((row) => tensor(row!.map(Math.log)));
    const exact = p!.exp().mul(p!.sub(q!)).sum().item();
    const under = (estimate: Tensor) => p!.exp().mul(estimate).sum().item();
    allClose([under(k1(p!, q!)), under(k3(p!, q!))], [exact, exact], TIGHT);
    assert.ok(
      k3(p!, q!)
        .toArray()
        .every((value) => value >= 0),
    );
    assert.ok(
      k1(p!, q!)
        .toArray()
        .some((value) => value < 0),
      'control: k1 is',
    );
  });
});

test('entropy: ln V when undecided, 0 when sure', () => {
  float64(() => {
    const [even, sure] = entropies(
      tensor([
        [3, 3, 3, 3],
        [0, 1000, 0, 0],
      ]),
    ).toArray();
    allClose([even!, sure!], [Math.log(4), 0], TIGHT);
  });
});

test('sums by answer', () => {
  const sums = sumByAnswer(tensor([1, 2, 4, 8]), { answers: 3, owners: int32([2, 0, 2, 0]) });
  assert.equal([...sums.toArray()], [10, 0, 5]);
});

test('impossible settings are refused in a sentence', () => {
  const [a, b] = [tensor([1]), tensor([2])];
  const pair = { chosen: a, rejected: b };
  assert.throws(() => dpoLoss(pair, pair, { beta: 0 }), /beta must be positive, got 0/);
  assert.throws(() => dpoLoss(pair, pair, { beta: 1, labelSmoothing: 0.5 }), /below 0.5/);
  assert.throws(() => clippedPolicyLoss(a, b, a, 1), /between 0 and 1/);
});

test.run();
