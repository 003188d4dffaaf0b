import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { whiten } from '../../src/losses/gae.ts';
import { k1, k3 } from '../../src/losses/kl.ts';
import { entropies, logProbsOf, tokenLogProbs } from '../../src/losses/log-probs.ts';
import { clippedPolicyLoss, clippedValueLoss, type PpoInputs, ppoLoss } from '../../src/losses/ppo.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { PolicyWithValue } from '../../src/models/value-head.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { noGrad, Random, tensor } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { float64, randomIds, tinyModel } from '../models/tiny.ts';
import { asTensor, by, clamp, eachRound, equals } from './by-hand.ts';
import { fixed, gradientHolds, leaf } from './differences.ts';
import { check, golden, inputs } from './golden-cases.ts';
import { agreesOnWasm, config, answers as longAnswers } from './on-wasm.ts';

const answers = [5, 9, 3, 12, 7, 4].map((length, i) => ({
  ids: randomIds(length, 13, 70 + i),
  answerStart: 1 + (i % 2),
}));

test('the first update: every ratio exactly 1, no clipping, both divergences 0, loss = - mean advantage', () => {
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

function goldenPpo(change: { clip?: number; valueClip?: number } = {}) {
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

test('PyTorch: clipped surrogate, clipped values, entropy', () => {
  float64(() => {
    const { loss, leaves } = goldenPpo();
    check('ppo', leaves, loss.losses);
    assert.ok(loss.clipped.sum().item() >= 2, 'clipping acts in this case');
    for (const wrong of [{ clip: 0.3 }, { valueClip: 10 }])
      assert.ok(differs(goldenPpo(wrong).loss.losses.toArray(), golden.values('ppo/y')), 'control');
  });
});

const [old, advantages, oldValues, returns] = [fixed(1), fixed(2), fixed(3), fixed(4, 2)];
const policy = () => old.add(fixed(5, 0.5)).detach().requireGrad();
const moved = () => oldValues.add(fixed(6, 0.6)).detach().requireGrad();

gradientHolds('policy', (p) => clippedPolicyLoss(p!, old, advantages, 0.2).losses, [policy()]);
gradientHolds('value', (v) => clippedValueLoss(v!, oldValues, returns, 0.3), [moved()]);
gradientHolds(
  'policy, value and entropy together',
  (logProbs, values, undecided) =>
    ppoLoss(
      {
        logProbs: logProbs!,
        values: values!,
        entropies: undecided!,
        oldLogProbs: old,
        oldValues,
        advantages,
        returns,
      },
      { clip: 0.2, valueClip: 0.3, valueWeight: 0.5, entropyWeight: 0.1 },
    ).losses,
  [policy(), moved(), leaf(7)],
);

test('wasm: loss and every gradient, the value head too', () =>
  agreesOnWasm(
    () => new PolicyWithValue(new CausalLM(config, new Random(5))),
    ({ policy: language, vHead }) => {
      const batch = toAnswerBatch(longAnswers);
      const hidden = language.hiddenAt(batch.ids, batch.targetRows, batch.options);
      const logits = language.logits(hidden);
      const logProbs = logProbsOf(logits, batch.targets);
      const N = batch.targets.size;
      // The offset keeps every value away from the corners of clamp and maximum, where float32 may fall on either side.
      const numbers = (seed: number) => tensor(randomIds(N, 100, seed).map((id) => id / 50 - 0.993));
      // Old log-probabilities at a distance at which some tokens are clipped, none of them near the corner.
      const shift = tensor(randomIds(N, 4, 8).map((id) => [0.5, -0.5, 0.05, -0.05][id]!));
      const { losses, clipped } = ppoLoss(
        {
          logProbs,
          values: vHead.forward(hidden),
          entropies: entropies(logits),
          oldLogProbs: logProbs.detach().add(shift),
          oldValues: numbers(9),
          advantages: numbers(10),
          returns: numbers(11),
        },
        { clip: 0.2, valueClip: 0.3, valueWeight: 0.5, entropyWeight: 0.1 },
      );
      assert.ok(clipped.sum().item() > 5, 'clipping acts');
      return losses.mean();
    },
  ));

test('impossible settings are refused in a sentence', () => {
  const [a, b] = [tensor([1]), tensor([2])];
  assert.throws(() => clippedPolicyLoss(a, b, a, 1), /between 0 and 1/);
  assert.throws(() => clippedValueLoss(a, b, a, 0), /value clip must be positive, got 0/);
});

test('number by number, for settings drawn at random: each weight and each clip in its own place', () => {
  eachRound((draw) => {
    const clip = draw.between(0.05, 0.9);
    const valueClip = draw.between(0.05, 2);
    const valueWeight = draw.isTrue() ? 0 : draw.between(0.1, 2);
    const entropyWeight = draw.isTrue() ? 0 : draw.between(0.1, 2);
    const names = [
      'logProbs',
      'values',
      'entropies',
      'oldLogProbs',
      'oldValues',
      'advantages',
      'returns',
    ] as const;
    const lists = names.map(() => draw.numbers(1.5));
    const tensors = Object.fromEntries(names.map((name, i) => [name, asTensor(lists[i]!)]));
    const found = ppoLoss(tensors as unknown as PpoInputs, { clip, valueClip, valueWeight, entropyWeight });
    const [lp, v, h, old, oldV, a, R] = lists as [
      number[],
      number[],
      number[],
      number[],
      number[],
      number[],
      number[],
    ];
    const free = by([lp, old, a], (x, y, A) => Math.exp(x - y) * A);
    const limited = by([lp, old, a], (x, y, A) => clamp(Math.exp(x - y), 1 - clip, 1 + clip) * A);
    const policy = by([free, limited], (x, y) => -Math.min(x, y));
    const value = by([v, oldV, R], (x, y, r) => {
      const near = y + clamp(x - y, -valueClip, valueClip);
      return Math.max((x - r) ** 2, (near - r) ** 2) / 2;
    });
    equals(
      found.losses,
      by([policy, value, h], (p, w, e) => p + valueWeight * w - entropyWeight * e),
      'losses',
    );
    equals(found.valueLosses, value, 'values');
    equals(
      found.ratios,
      by([lp, old], (x, y) => Math.exp(x - y)),
      'ratios',
    );
    equals(
      found.clipped,
      by([free, limited], (x, y) => (y < x ? 1 : 0)),
      'clipped: where the loss is another',
    );
  });
});

test('a clip ends before 0 and before 1, a value clip before 0', () => {
  const [a, b] = [tensor([1]), tensor([2])];
  for (const clip of [0, -0.1, 1, 1.5, Number.NaN])
    assert.throws(() => clippedPolicyLoss(a, b, a, clip), /clip/);
  for (const clip of [1e-9, 0.999]) clippedPolicyLoss(a, b, a, clip);
  for (const clip of [0, -1, Number.NaN]) assert.throws(() => clippedValueLoss(a, b, a, clip), /value clip/);
});

test.run();
