/** Every objective of alignment against PyTorch in float64: values and gradients. Formulas there are written another way on purpose. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type DpoLoss, dpoLoss } from '../../src/losses/dpo.ts';
import { generalizedAdvantages, whiten } from '../../src/losses/gae.ts';
import { groupAdvantages, grpoLoss } from '../../src/losses/grpo.ts';
import { answerLogProbs, entropies, tokenLogProbs } from '../../src/losses/log-probs.ts';
import { ppoLoss } from '../../src/losses/ppo.ts';
import { rewardLoss } from '../../src/losses/reward.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { Random, type Tensor, tensor } from '../../src/tensor/index.ts';
import { allClose, differs, Golden } from '../close.ts';
import { float64, goldenConfig, TIGHT } from '../models/tiny.ts';

const golden = new Golden('alignment');
const EXACT = { absolute: 1e-10, relative: 1e-10 };

/** Compare y and the gradients of all leaves with a case of the file. */
function check(name: string, leaves: Readonly<Record<string, Tensor>>, y: Tensor): void {
  allClose(y.toArray(), golden.values(`${name}/y`), EXACT, name);
  y.backward({ gradient: golden.tensor(`${name}/dy`) });
  const wanted = golden.keys(`${name}/d`).map((key) => key.slice(name.length + 2));
  for (const key of wanted.filter((k) => k !== 'y' && golden.has(`${name}/${k}`)))
    allClose(leaves[key]!.grad!.toArray(), golden.values(`${name}/d${key}`), EXACT, `${name}: d${key}`);
}

function inputs<Name extends string>(name: string, ...keys: Name[]): Record<Name, Tensor> {
  return Object.fromEntries(
    keys.map((key) => {
      const value = golden.tensor(`${name}/${key}`);
      return [key, golden.has(`${name}/d${key}`) ? value.requireGrad() : value];
    }),
  ) as Record<Name, Tensor>;
}

test('logSigmoid, also where sigmoid itself is 0', () => {
  float64(() => {
    const { x } = inputs('log_sigmoid', 'x');
    check('log_sigmoid', { x }, x.logSigmoid());
    const far = tensor([-800]);
    assert.equal([far.logSigmoid().item(), far.sigmoid().log().item()], [-800, -Infinity]);
  });
});

test('reward loss: plain, with margins, centred', () => {
  float64(() => {
    for (const name of ['reward.plain', 'reward.margin', 'reward.centred']) {
      const leaves = inputs(name, 'chosen', 'rejected');
      const margin = golden.has(`${name}/margin`) ? golden.tensor(`${name}/margin`) : 0;
      const options = { margin, centring: golden.number(`${name}/centring`) };
      const { losses, margins, wins } = rewardLoss(leaves.chosen, leaves.rejected, options);
      check(name, leaves, losses);
      const expected = leaves.chosen.toArray().map((c, i) => c - leaves.rejected.toArray()[i]!);
      allClose(margins.toArray(), expected, EXACT);
      assert.equal(
        [...wins.toArray()],
        Array.from(expected, (m) => (m > 0 ? 1 : 0)),
      );
    }
  });
});

function dpo(
  name: string,
  change: { beta?: number } = {},
): { loss: DpoLoss; leaves: Record<string, Tensor> } {
  const leaves = inputs(name, 'chosen', 'rejected', 'reference_chosen', 'reference_rejected');
  const loss = dpoLoss(
    leaves,
    { chosen: leaves.reference_chosen, rejected: leaves.reference_rejected },
    {
      beta: golden.number(`${name}/beta`),
      labelSmoothing: golden.number(`${name}/smoothing`),
      kind: golden.number(`${name}/ipo`) === 1 ? 'ipo' : 'sigmoid',
      ...change,
    },
  );
  return { loss, leaves };
}

test('DPO: sigmoid, smoothed, IPO; rewards, margins and wins', () => {
  float64(() => {
    for (const name of ['dpo.sigmoid', 'dpo.smoothed', 'dpo.ipo']) {
      const { loss, leaves } = dpo(name);
      check(name, leaves, loss.losses);
      allClose(loss.chosenRewards.toArray(), golden.values(`${name}/reward_chosen`), EXACT);
      allClose(loss.rejectedRewards.toArray(), golden.values(`${name}/reward_rejected`), EXACT);
      const margins = loss.chosenRewards.sub(loss.rejectedRewards).toArray();
      allClose(loss.margins.toArray(), margins, EXACT);
      assert.equal(
        [...loss.wins.toArray()],
        Array.from(margins, (m) => (m > 0 ? 1 : 0)),
      );
      assert.ok(
        differs(dpo(name, { beta: 0.3 }).loss.losses.toArray(), golden.values(`${name}/y`)),
        'control',
      );
    }
  });
});

function ppo(change: { clip?: number; valueClip?: number } = {}) {
  const keys = [
    'log_probs',
    'values',
    'entropies',
    'old_log_probs',
    'old_values',
    'advantages',
    'returns',
  ] as const;
  const t = inputs('ppo', ...keys);
  const number = (key: string) => golden.number(`ppo/${key}`);
  const loss = ppoLoss(
    { ...t, logProbs: t.log_probs, oldLogProbs: t.old_log_probs, oldValues: t.old_values },
    {
      clip: number('clip'),
      valueClip: number('value_clip'),
      valueWeight: number('value_weight'),
      entropyWeight: number('entropy_weight'),
      ...change,
    },
  );
  return { loss, leaves: t };
}

test('PPO: clipped surrogate, clipped values, entropy', () => {
  float64(() => {
    const { loss, leaves } = ppo();
    check('ppo', leaves, loss.losses);
    assert.ok(loss.clipped.sum().item() >= 2, 'clipping acts in this case');
    for (const wrong of [{ clip: 0.3 }, { valueClip: 10 }])
      assert.ok(differs(ppo(wrong).loss.losses.toArray(), golden.values('ppo/y')), 'control');
  });
});

test('GRPO: surrogate and divergence; advantages within groups', () => {
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

test('entropy of every row', () => {
  float64(() => {
    const { x } = inputs('entropy', 'x');
    check('entropy', { x }, entropies(x));
  });
});

test('GAE and whitening', () => {
  const [rewards, values] = [golden.values('gae/rewards'), golden.values('gae/values')];
  const options = { gamma: golden.number('gae/gamma'), lambda: golden.number('gae/lambda') };
  const { advantages, returns } = generalizedAdvantages(rewards, values, options);
  allClose(advantages, golden.values('gae/advantages'), EXACT);
  allClose(returns, golden.values('gae/returns'), EXACT);
  allClose(whiten(advantages), golden.values('gae/whitened'), EXACT);
  const wrong = generalizedAdvantages(rewards, values, { ...options, lambda: 1 });
  assert.ok(differs(wrong.advantages, golden.values('gae/advantages')));
});

test('log-probabilities of answers through the whole model, with every gradient', () => {
  float64(() => {
    const weights = new Golden('model');
    const model = new CausalLM(goldenConfig(true), new Random(1)).eval();
    const names = [...model.namedParameters().keys()];
    model.loadState(new Map(names.map((name) => [name, weights.tensor(`tied/weights/${name}`)])));
    const ids = Array.from(golden.values('answers/ids'));
    const [starts, lengths] = [golden.values('answers/starts'), golden.values('answers/lengths')];
    const answers = [0, 1].map((b) => ({
      ids: ids.slice(b * 9, b * 9 + lengths[b]!),
      answerStart: starts[b]!,
    }));
    const batch = toAnswerBatch(answers);
    allClose(tokenLogProbs(model, batch).toArray(), golden.values('log_probs/tokens'), TIGHT);
    const y = answerLogProbs(model, batch);
    allClose(y.toArray(), golden.values('log_probs/y'), TIGHT);
    y.backward({ gradient: golden.tensor('log_probs/dy') });
    for (const [name, { grad }] of model.namedParameters())
      allClose(grad!.toArray(), golden.values(`log_probs/grad/${name}`), TIGHT, name);
    const late = toAnswerBatch(answers.map((answer) => ({ ...answer, answerStart: answer.answerStart + 1 })));
    assert.ok(differs(answerLogProbs(model, late).toArray(), golden.values('log_probs/y')), 'control');
  });
});

test.run();
