import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type DpoLoss, dpoLoss } from '../../src/losses/dpo.ts';
import { answerLogProbs } from '../../src/losses/log-probs.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { gradcheck, Random, type Tensor, tensor } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { float64, randomIds, TIGHT, tinyModel } from '../models/tiny.ts';
import { asTensor, by, eachRound, equals, sigmoid } from './by-hand.ts';
import { fixed, gradientHolds, leaf } from './differences.ts';
import { check, EXACT, golden, inputs } from './golden-cases.ts';
import { agreesOnWasm, config, answers as longAnswers } from './on-wasm.ts';

const answers = [5, 9, 3, 12, 7, 4].map((length, i) => ({
  ids: randomIds(length, 13, 70 + i),
  answerStart: 1 + (i % 2),
}));
/** The first half of six answers is chosen, the second rejected. */
const split = (t: Tensor) => ({ chosen: t.slice(0, 0, 3), rejected: t.slice(0, 3, 6) });

test('before the first update: ln 2 and no margin for every pair, sigmoid and smoothed; IPO: 1 / (4 beta^2)', () => {
  float64(() => {
    const policy = tinyModel();
    const reference = tinyModel();
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

function goldenDpo(
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

test('PyTorch: sigmoid, smoothed, IPO; rewards, margins and wins', () => {
  float64(() => {
    for (const name of ['dpo.sigmoid', 'dpo.smoothed', 'dpo.ipo']) {
      const { loss, leaves } = goldenDpo(name);
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
        differs(goldenDpo(name, { beta: 0.3 }).loss.losses.toArray(), golden.values(`${name}/y`)),
        'control',
      );
    }
  });
});

for (const kind of ['sigmoid', 'ipo'] as const) {
  for (const labelSmoothing of kind === 'ipo' ? [0] : [0, 0.2]) {
    gradientHolds(
      `${kind}, label smoothing ${labelSmoothing}`,
      (c, r, rc, rr) => {
        const policy = { chosen: c!, rejected: r! };
        return dpoLoss(policy, { chosen: rc!, rejected: rr! }, { beta: 0.3, labelSmoothing, kind }).losses;
      },
      [leaf(1, 2), leaf(2, 2), fixed(3, 2), fixed(4, 2)],
    );
  }
}

test('central differences through the model, on packed answers, with respect to every parameter', () => {
  float64(() => {
    const small = {
      vocabSize: 7,
      hiddenSize: 4,
      intermediateSize: 6,
      numAttentionHeads: 2,
      numKeyValueHeads: 1,
    };
    const model = tinyModel({ ...small, numHiddenLayers: 1 });
    const pair = [
      { ids: [1, 4, 2, 6, 1], answerStart: 2 },
      { ids: [1, 4, 3], answerStart: 2 },
    ];
    const loss = () => {
      const both = answerLogProbs(model, toAnswerBatch(pair));
      const policy = { chosen: both.slice(0, 0, 1), rejected: both.slice(0, 1, 2) };
      const anchor = { chosen: tensor([-3]), rejected: tensor([-2]) };
      return dpoLoss(policy, anchor, { beta: 0.2 }).losses;
    };
    assert.ok(gradcheck(loss, model.parameters()) < 1e-6);
  });
});

test('wasm: loss and every gradient', () =>
  agreesOnWasm(
    () => new CausalLM(config, new Random(5)),
    (model) => {
      const policy = split(answerLogProbs(model, toAnswerBatch(longAnswers)));
      const anchor = { chosen: tensor([-20, -20, -20]), rejected: tensor([-22, -22, -22]) };
      return dpoLoss(policy, anchor, { beta: 0.5, labelSmoothing: 0.1 }).losses.mean();
    },
  ));

test('impossible settings are refused in a sentence', () => {
  const pair = { chosen: tensor([1]), rejected: tensor([2]) };
  assert.throws(() => dpoLoss(pair, pair, { beta: 0 }), /beta must be positive, got 0/);
  assert.throws(() => dpoLoss(pair, pair, { beta: 1, labelSmoothing: 0.5 }), /below 0.5/);
});

test('number by number, for settings drawn at random; equal pairs win nothing; no term but the loss has a gradient', () => {
  eachRound((draw) => {
    const [c, r, rc] = [draw.numbers(3), draw.numbers(3), draw.numbers(3)];
    const rr = draw.numbers(3); // the last two pairs: chosen = rejected, policy and reference
    const [beta, e] = [draw.between(0.05, 3), draw.isTrue() ? 0 : draw.between(0.01, 0.49)];
    const kind = draw.isTrue() ? 'ipo' : 'sigmoid';
    const leaves = [c, r].map((values) => asTensor(values).requireGrad());
    const policy = { chosen: leaves[0]!, rejected: leaves[1]! };
    const reference = { chosen: asTensor(rc), rejected: asTensor(rr) };
    const found = dpoLoss(policy, reference, { beta, labelSmoothing: e, kind });
    const h = by([c, r, rc, rr], (a, b, x, y) => a - b - (x - y));
    const loss = (x: number) =>
      kind === 'ipo'
        ? (x - 1 / (2 * beta)) ** 2
        : -(1 - e) * Math.log(sigmoid(beta * x)) - e * Math.log(sigmoid(-beta * x));
    equals(found.losses, h.map(loss), kind);
    equals(
      found.margins,
      h.map((x) => beta * x),
      'margins',
    );
    equals(
      found.chosenRewards,
      by([c, rc], (a, x) => beta * (a - x)),
      'chosen rewards',
    );
    equals(
      found.rejectedRewards,
      by([r, rr], (b, y) => beta * (b - y)),
      'rejected rewards',
    );
    equals(found.chosenLogProbs, c, 'chosen');
    equals(found.rejectedLogProbs, r, 'rejected');
    equals(
      found.wins,
      h.map((x) => (x > 0 ? 1 : 0)),
      'wins',
    );
    assert.equal([...found.wins.toArray()].slice(-2), [0, 0], 'ties');
    const { losses, ...terms } = found;
    for (const [name, term] of Object.entries(terms)) assert.is(term.requiresGrad, false, name);
    assert.ok(losses.requiresGrad);
  });
});

test('without being told: no smoothing, sigmoid', () => {
  float64(() => {
    const pair = { chosen: tensor([1]), rejected: tensor([0.5]) };
    const zero = { chosen: tensor([0]), rejected: tensor([0]) };
    equals(dpoLoss(pair, zero, { beta: 2 }).losses, [-Math.log(sigmoid(1))], 'defaults');
  });
  assert.throws(
    () =>
      dpoLoss(
        { chosen: tensor([1]), rejected: tensor([1]) },
        { chosen: tensor([1]), rejected: tensor([1]) },
        { beta: Number.NaN },
      ),
    /beta/,
  );
});

test.run();
