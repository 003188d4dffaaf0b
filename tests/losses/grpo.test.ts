import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { groupAdvantages, grpoLoss, tokenWeights } from '../../src/losses/grpo.ts';
import { tokenLogProbs } from '../../src/losses/log-probs.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { Random, tensor } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { float64, randomIds, TIGHT } from '../models/tiny.ts';
import { asTensor, by, clamp, eachRound, equals } from './by-hand.ts';
import { fixed, gradientHolds } from './differences.ts';
import { check, EXACT, golden, inputs } from './golden-cases.ts';
import { agreesOnWasm, config, answers as longAnswers } from './on-wasm.ts';

test('advantages sum to 0 in every group, equal rewards teach nothing, token weights sum to 1', () => {
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
});

test('PyTorch: surrogate and divergence; advantages within groups', () => {
  float64(() => {
    const t = inputs('grpo', 'log_probs', 'old_log_probs', 'reference_log_probs', 'advantages');
    const loss = grpoLoss(
      {
        logProbs: t.log_probs,
        oldLogProbs: t.old_log_probs,
        referenceLogProbs: t.reference_log_probs,
        advantages: t.advantages,
      },
      { clip: golden.number('grpo/clip'), beta: golden.number('grpo/beta') },
    );
    check('grpo', t, loss.losses);
    const advantages = groupAdvantages(golden.values('group/rewards'), golden.number('group/size'));
    allClose(advantages, golden.values('group/advantages'), EXACT);
    assert.ok(differs(groupAdvantages(golden.values('group/rewards'), 6), golden.values('group/advantages')));
  });
});

const [old, advantages, reference] = [fixed(1), fixed(2), fixed(3)];
gradientHolds(
  'surrogate and divergence',
  (p) =>
    grpoLoss(
      { logProbs: p!, oldLogProbs: old, referenceLogProbs: reference, advantages },
      { clip: 0.2, beta: 0.3 },
    ).losses,
  [old.add(fixed(4, 0.5)).detach().requireGrad()],
);

test('wasm: loss and every gradient', () =>
  agreesOnWasm(
    () => new CausalLM(config, new Random(5)),
    (model) => {
      const logProbs = tokenLogProbs(model, toAnswerBatch(longAnswers));
      const shift = tensor(randomIds(logProbs.size, 4, 8).map((id) => [0.5, -0.5, 0.05, -0.05][id]!));
      const { losses, clipped } = grpoLoss(
        {
          logProbs,
          oldLogProbs: logProbs.detach().add(shift),
          referenceLogProbs: logProbs.detach().sub(0.3),
          advantages: tensor(randomIds(logProbs.size, 100, 9).map((id) => id / 50 - 1)),
        },
        { clip: 0.2, beta: 0.3 },
      );
      assert.ok(clipped.sum().item() > 5, 'clipping acts');
      return losses.mean();
    },
  ));

test('groups that cannot be are refused in a sentence', () => {
  assert.throws(() => groupAdvantages([1, 2, 3], 2), /do not fill groups/);
  assert.throws(() => groupAdvantages([1], 1), /at least 2 answers/);
});

test('number by number, for clip and beta drawn at random', () => {
  eachRound((draw) => {
    const clip = draw.between(0.05, 0.9);
    const beta = draw.isTrue() ? 0 : draw.between(0.01, 3);
    const [lp, old, ref, a] = [draw.numbers(1.5), draw.numbers(1.5), draw.numbers(1.5), draw.numbers(1.5)];
    const found = grpoLoss(
      {
        ...{ logProbs: asTensor(lp), oldLogProbs: asTensor(old) },
        ...{ referenceLogProbs: asTensor(ref), advantages: asTensor(a) },
      },
      { clip, beta },
    );
    const k3 = by([lp, ref], (x, q) => Math.exp(q - x) - 1 - (q - x));
    const policy = by([lp, old, a], (x, y, A) => {
      const ratio = Math.exp(x - y);
      return -Math.min(ratio * A, clamp(ratio, 1 - clip, 1 + clip) * A);
    });
    equals(
      found.losses,
      by([policy, k3], (p, k) => p + beta * k),
      'losses',
    );
    equals(found.divergences, k3, 'divergences');
  });
});

test('advantages by hand for groups of every size, scaled or not; weights by answer and by token', () => {
  for (const size of [2, 3, 5]) {
    const rewards = Array.from({ length: 3 * size }, (_, i) => ((7 * i) % 11) / 3);
    for (const scaled of [true, false]) {
      const found = groupAdvantages(rewards, size, { scaled });
      for (let start = 0; start < rewards.length; start += size) {
        const group = rewards.slice(start, start + size);
        const mean = group.reduce((sum, r) => sum + r, 0) / size;
        const deviation = Math.sqrt(group.reduce((sum, r) => sum + (r - mean) ** 2, 0) / size);
        const expected = group.map((r) => (r - mean) / (scaled ? deviation + 1e-4 : 1));
        allClose(found.slice(start, start + size), expected, { absolute: 1e-9 });
      }
    }
    assert.equal(groupAdvantages(rewards, size), groupAdvantages(rewards, size, { scaled: true }));
  }
  const small = groupAdvantages([1e-4, -1e-4], 2);
  allClose(
    small,
    [0.5, -0.5],
    { absolute: 1e-6 },
    'the floor is added to the deviation, not to the variance',
  );
  const lengths = [1, 4, 2];
  allClose(tokenWeights(lengths, 'answer'), [1 / 3, ...new Array(4).fill(1 / 12), 1 / 6, 1 / 6]);
  allClose(tokenWeights(lengths, 'token'), new Array(7).fill(1 / 7));
  groupAdvantages([1, 2, 3, 4], 2);
  for (const size of [0, 1, 1.5]) assert.throws(() => groupAdvantages([1, 2], size), /at least 2/);
});

test.run();
