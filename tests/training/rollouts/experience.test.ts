/** What policy, value head and reference say about drawn answers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PolicyWithValue } from '../../../src/models/value-head.ts';
import { toAnswerBatch } from '../../../src/scoring/answer-batch.ts';
import { scoreAnswers } from '../../../src/scoring/log-probs.ts';
import { noGrad, Random } from '../../../src/tensor/index.ts';
import { act, answerOf, divergenceOf, observe } from '../../../src/training/rollouts/experience.ts';
import { allClose } from '../../close.ts';
import { pairs } from '../alignment.ts';
import { tinyModel } from '../tiny.ts';

const policy = tinyModel({ initializerRange: 0.3 }).eval();
const reference = tinyModel({ initializerRange: 0.3 }, new Random(8)).eval();
const actor = new PolicyWithValue(policy);
actor.vHead.summary.weight.assign(actor.vHead.summary.weight.detach().add(0.1));
const answers = pairs.slice(0, 3).flatMap(({ chosen, rejected }) => [chosen, rejected]);
const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);

test('every answer has its own numbers, one per token: those of scoring, for policy and for reference', async () => {
  const seen = await observe(actor, reference, answers);
  assert.equal(
    seen.map(({ answer }) => answer),
    answers,
  );
  for (const { answer, logProbs, values, entropies, referenceLogProbs } of seen)
    for (const each of [logProbs, values, entropies, referenceLogProbs])
      assert.is(each.length, answer.ids.length - answer.answerStart);
  const [own, theirs] = [await scoreAnswers(policy, answers), await scoreAnswers(reference, answers)];
  allClose(
    seen.map(({ logProbs }) => sum(logProbs)),
    own,
    { absolute: 1e-4 },
  );
  allClose(
    seen.map(({ referenceLogProbs }) => sum(referenceLogProbs)),
    theirs,
    { absolute: 1e-4 },
  );
  const V = policy.config.vocabSize;
  for (const { entropies } of seen) assert.ok(entropies.every((h) => h > 0 && h < Math.log(V)));
});

test('values are those of the head on the place before each token, and depend on it', async () => {
  const [alone] = await observe(actor, reference, [answers[0]!]);
  const batch = toAnswerBatch([answers[0]!]);
  const values = noGrad(() => {
    const hidden = policy.hiddenAt(batch.ids, batch.targetRows, batch.options);
    return hidden.sum(-1).mul(0.1).toArray(); // the weights of the head, which has no bias yet
  });
  allClose(alone!.values, values, { absolute: 1e-5 });
  assert.ok(new Set(alone!.values).size > 1);
});

test('entropies only where they are wanted, values only where there is a head: zeros elsewhere', () => {
  noGrad(() => {
    const batch = toAnswerBatch(answers);
    const all = act(actor, batch, true);
    const few = act({ policy, vHead: null }, batch, false);
    assert.equal(few.logProbs.toArray(), all.logProbs.toArray());
    for (const kind of ['entropies', 'values'] as const) {
      assert.equal(few[kind].shape, all[kind].shape);
      assert.ok(few[kind].toArray().every((value) => value === 0));
      assert.ok(all[kind].toArray().every((value) => value !== 0));
    }
  });
});

test('divergence by hand: k1 is signed, k3 never negative, both 0 of oneself', async () => {
  const seen = (logProbs: number[], referenceLogProbs: number[]) => ({
    ...{ answer: answers[0]!, values: new Float64Array(2), entropies: new Float64Array(2) },
    logProbs: Float64Array.from(logProbs),
    referenceLogProbs: Float64Array.from(referenceLogProbs),
  });
  const { k1, k3 } = divergenceOf(seen([-1, -2], [-1.5, -1]));
  allClose([k1, k3], [-0.5, Math.exp(-0.5) - 1 + 0.5 + (Math.E - 2)]);
  const [own] = await observe(actor, policy, [answers[0]!]);
  assert.equal(
    divergenceOf(own!),
    { k1: 0, k3: 0 },
    'a policy does not diverge from itself, to the last bit',
  );
  const [other] = await observe(actor, reference, [answers[0]!]);
  assert.ok(divergenceOf(other!).k3 > 0);
});

test('a rollout as an answer: the prompt, then what was drawn', () => {
  const rollout = { prompt: [1, 2, 3], answer: [4, 5], logProbs: [], finished: true };
  assert.equal(answerOf(rollout), { ids: [1, 2, 3, 4, 5], answerStart: 3 });
});

test.run();
