/** How PPO credits the tokens of an answer: rewards token by token, GAE within an answer, whitening over all of them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { valuesOf } from '../../../src/knobs.ts';
import { generalizedAdvantages, whiten } from '../../../src/losses/gae.ts';
import { PolicyWithValue } from '../../../src/models/value-head.ts';
import { type PpoSettings, ppoAlgorithm, ppoKnobs } from '../../../src/training/stages/ppo.ts';
import { allClose, differs } from '../../close.ts';
import { tinyModel } from '../tiny.ts';

const PRICE = 0.5;
const scores = [2, -1];
/** Answers of three tokens and of one: log-probabilities of policy and reference, and values. */
const observed = [
  { logProbs: [-1, -2, -3], referenceLogProbs: [-1.5, -1, -3], values: [0.1, 0.2, 0.3] },
  { logProbs: [-0.5], referenceLogProbs: [-1.5], values: [0.4] },
].map(({ logProbs, referenceLogProbs, values }) => ({
  answer: { ids: [7, ...logProbs.map(() => 8)], answerStart: 1 },
  logProbs: Float64Array.from(logProbs),
  referenceLogProbs: Float64Array.from(referenceLogProbs),
  values: Float64Array.from(values),
  entropies: new Float64Array(logProbs.length),
}));
/** -price (log p - log p_ref) at every token, the score at the last one. */
const rewards = [[-0.25, 0.5, 2], [-1 - 0.5]];

const credit = (changes: Partial<PpoSettings> = {}, own = scores) =>
  ppoAlgorithm(new PolicyWithValue(tinyModel()), valuesOf(ppoKnobs, changes)).credit(observed, own, PRICE);

test('lambda 1: the return of a token is what is still paid from it on, in its own answer', () => {
  const [long, short] = credit({ lambda: 1 });
  allClose(long!.returns, [2.25, 2.5, 2]);
  allClose(short!.returns, [-1.5]);
});

test('lambda 0: reward and next value; nothing is expected after the last token', () => {
  const [long, short] = credit({ lambda: 0 });
  allClose(long!.returns, [-0.25 + 0.2, 0.5 + 0.3, 2]);
  allClose(short!.returns, [-1.5]);
});

test('advantages are whitened over all tokens of the step, not answer by answer', () => {
  const [long, short] = credit();
  const raw = rewards.map((own, i) =>
    generalizedAdvantages(own, observed[i]!.values, { gamma: 1, lambda: 0.95 }),
  );
  const all = whiten(raw.flatMap(({ advantages }) => [...advantages]));
  allClose([...long!.advantages, ...short!.advantages], all);
  assert.equal([long!.advantages.length, short!.advantages.length], [3, 1]);
  assert.ok(short!.advantages[0]! < -1, 'alone it would be 0');
});

test('scores of any size give the same advantages where there is no price and no value', () => {
  const free = observed.map((seen) => ({ ...seen, values: seen.values.map(() => 0) }));
  const { credit: of } = ppoAlgorithm(new PolicyWithValue(tinyModel()), valuesOf(ppoKnobs));
  const advantages = (factor: number, price: number) =>
    of(
      free,
      scores.map((score) => factor * score),
      price,
    ).flatMap(({ advantages: own }) => [...own]);
  allClose(advantages(1000, 0), advantages(1, 0), { absolute: 1e-6 });
  assert.ok(differs(advantages(1000, PRICE), advantages(1, PRICE), { absolute: 1e-3 }), 'control: a price');
});

test('what was observed is passed on untouched', () => {
  for (const [i, { advantages, returns, ...seen }] of credit().entries()) assert.equal(seen, observed[i]);
});

test('entropy is asked for only where it is rewarded', () => {
  const wants = (entropyWeight: number) =>
    ppoAlgorithm(new PolicyWithValue(tinyModel()), valuesOf(ppoKnobs, { entropyWeight })).wantsEntropy;
  assert.equal([wants(0), wants(0.01)], [false, true]);
});

test.run();
