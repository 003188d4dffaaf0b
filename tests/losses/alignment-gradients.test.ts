/** Central differences in float64 through every objective, on both sides of every clip, with wrong adjoints that must be caught. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dpoLoss } from '../../src/losses/dpo.ts';
import { grpoLoss } from '../../src/losses/grpo.ts';
import { k1, k3 } from '../../src/losses/kl.ts';
import { answerLogProbs, entropies } from '../../src/losses/log-probs.ts';
import { clippedPolicyLoss, clippedValueLoss, ppoLoss } from '../../src/losses/ppo.ts';
import { rewardLoss } from '../../src/losses/reward.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { gradcheck, Random, randn, type Tensor, tensor } from '../../src/tensor/index.ts';
import { float64, tinyModel } from '../models/tiny.ts';

const N = 12;
let drawn = 0;
const leaf = (std = 1): Tensor => randn([N], new Random(++drawn), { std, dtype: 'float64' }).requireGrad();
const fixed = (std = 1): Tensor => randn([N], new Random(++drawn), { std, dtype: 'float64' });

/** The value of y with 1.01 times its gradient. */
const skewed = (y: Tensor): Tensor => y.mul(tensor(1.01)).sub(y.detach().mul(tensor(0.01)));

function holds(name: string, fn: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): void {
  test(name, () => {
    float64(() => {
      const worst = gradcheck(fn, inputs);
      assert.ok(worst < 1e-6, `worst relative error ${worst}`);
      assert.throws(() => gradcheck((...x) => skewed(fn(...x)), inputs), /central differences/);
    });
  });
}

const [old, advantages, oldValues, returns, reference] = [fixed(), fixed(), fixed(), fixed(2), fixed()];
const shift = fixed(0.5);
const policy = (): Tensor => old.add(shift).detach().requireGrad();

holds('reward', (c, r) => rewardLoss(c!, r!).losses, [leaf(), leaf()]);
holds(
  'reward with margin and centring',
  (c, r, m) => rewardLoss(c!, r!, { margin: m!, centring: 0.1 }).losses,
  [leaf(), leaf(), fixed()],
);
for (const kind of ['sigmoid', 'ipo'] as const) {
  for (const labelSmoothing of kind === 'ipo' ? [0] : [0, 0.2]) {
    holds(
      `DPO ${kind}, label smoothing ${labelSmoothing}`,
      (c, r, rc, rr) => {
        const policy = { chosen: c!, rejected: r! };
        return dpoLoss(policy, { chosen: rc!, rejected: rr! }, { beta: 0.3, labelSmoothing, kind }).losses;
      },
      [leaf(2), leaf(2), fixed(2), fixed(2)],
    );
  }
}
holds('PPO policy', (p) => clippedPolicyLoss(p!, old, advantages, 0.2).losses, [policy()]);
holds('PPO value', (v) => clippedValueLoss(v!, oldValues, returns, 0.3), [
  oldValues.add(fixed(0.6)).detach().requireGrad(),
]);
holds(
  'PPO in whole',
  (logProbs, values, entropies) =>
    ppoLoss(
      {
        logProbs: logProbs!,
        values: values!,
        entropies: entropies!,
        oldLogProbs: old,
        oldValues,
        advantages,
        returns,
      },
      { clip: 0.2, valueClip: 0.3, valueWeight: 0.5, entropyWeight: 0.1 },
    ).losses,
  [policy(), oldValues.add(fixed(0.6)).detach().requireGrad(), leaf()],
);
holds(
  'GRPO',
  (p) =>
    grpoLoss(
      { logProbs: p!, oldLogProbs: old, referenceLogProbs: reference, advantages },
      { clip: 0.2, beta: 0.3 },
    ).losses,
  [policy()],
);
holds('k1', (p, q) => k1(p!, q!), [leaf(), leaf()]);
holds('k3', (p, q) => k3(p!, q!), [leaf(), leaf()]);
holds('entropy', (x) => entropies(x!), [randn([4, 5], new Random(99), { dtype: 'float64' }).requireGrad()]);

test('through the model: DPO on packed answers, with respect to every parameter', () => {
  float64(() => {
    const small = {
      vocabSize: 7,
      hiddenSize: 4,
      intermediateSize: 6,
      numAttentionHeads: 2,
      numKeyValueHeads: 1,
    };
    const model = tinyModel({ ...small, numHiddenLayers: 1 });
    const answers = [
      { ids: [1, 4, 2, 6, 1], answerStart: 2 },
      { ids: [1, 4, 3], answerStart: 2 },
    ];
    const loss = () => {
      const both = answerLogProbs(model, toAnswerBatch(answers));
      const policy = { chosen: both.slice(0, 0, 1), rejected: both.slice(0, 1, 2) };
      const anchor = { chosen: tensor([-3]), rejected: tensor([-2]) };
      return dpoLoss(policy, anchor, { beta: 0.2 }).losses;
    };
    assert.ok(gradcheck(loss, model.parameters()) < 1e-6);
  });
});

test('clipping is felt: the gradient is exactly 0 on the flat sides, and full on the others', () => {
  float64(() => {
    // ratio beyond and within the range, for a good and a bad token
    const ratios = [1.5, 1.5, 0.5, 0.5, 1.1, 0.9].map(Math.log);
    const signs = tensor([1, -1, 1, -1, 1, -1]);
    const logProbs = tensor(ratios).requireGrad();
    const { losses, clipped } = clippedPolicyLoss(logProbs, tensor([0, 0, 0, 0, 0, 0]), signs, 0.2);
    losses.sum().backward();
    const gradients = [...logProbs.grad!.toArray()].map((g) => Math.round(g * 1e9) / 1e9 + 0);
    assert.equal(gradients, [0, 1.5, -0.5, 0, -1.1, 0.9]);
    assert.equal([...clipped.toArray()], [1, 0, 0, 1, 0, 0]);
  });
});

test.run();
