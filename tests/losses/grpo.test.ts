import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { groupAdvantages, grpoLoss, tokenWeights } from '../../src/losses/grpo.ts';
import { tokenLogProbs } from '../../src/losses/log-probs.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { Random, tensor } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { float64, randomIds, TIGHT } from '../models/tiny.ts';
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

test.run();
