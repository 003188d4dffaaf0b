/** What a person reads: verdict first, reasons below, and the question most asked of every DPO project. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { diagnose } from '../../src/diagnosis/index.ts';
import { inWords } from '../../src/diagnosis/words.ts';
import { stages } from '../../src/training/stages/index.ts';
import { flat, good, type MadeRun, madeUpReference, makeUpRun, towards, withCurves } from './made-up-run.ts';

const reference = madeUpReference();
const words = (made: MadeRun) => inWords(diagnose(stages, makeUpRun(made), { reference }));

test('a good run: "normal" in the first line and in that of each stage', () => {
  const [first, , ...rest] = words({ stages: good }).split('\n');
  assert.match(first!, /: normal, compared with pico-tinyllm.json \(seeds 1, 2, 3\)$/);
  for (const name of Object.keys(good))
    assert.ok(
      rest.some((line) => new RegExp(`^${name} +normal$`).test(line)),
      name,
    );
});

test('an off stage: cause, evidence, what to try; lines are not overlong', () => {
  const text = words(withCurves('ppo', { kl: towards(0, 15), klCoefficient: flat(0) }));
  assert.match(text, /^.*: ppo is off, compared/);
  assert.match(text, /\nppo +off: the KL penalty is off/);
  assert.match(text, /- KL 14.\d nats per answer at the end, usually/);
  assert.match(text, /try: leave out --kl-coefficient/);
  assert.match(text, /kl above its band in \d+ % of the stage/);
  assert.is(text.match(/score 0.99/g)?.length, 1, 'nothing is said twice');
});

test('why do the log-probabilities of chosen answers fall? Normal while the rejected ones fall more', () => {
  const fall = words(withCurves('dpo', {}));
  assert.match(
    fall,
    /chosen answers -\d.*of rejected ones -1\d.*a small fall is normal: the loss sees only the difference/,
  );
  assert.match(fall, /docs\/dpo-chosen.md/);
  const bad = words(
    withCurves('dpo', { chosenLogProb: towards(-4, -40), rejectedLogProb: towards(-20, -30) }),
  );
  assert.match(bad, /not normal, the chosen ones fell more/);
  assert.match(bad, /\ndpo +off/);
  const far = words(
    withCurves('dpo', { chosenLogProb: towards(-4, -9), rejectedLogProb: towards(-20, -60) }),
  );
  assert.match(far, /\ndpo +off: the log-probabilities of chosen answers fall far/);
  assert.match(far, /a chosen answer is less than 1 % as likely as before/);
  const rise = words(withCurves('dpo', { chosenLogProb: towards(-4, -2) }));
  assert.match(rise, /chosen answers \+/);
  assert.not.match(rise, /dpo-chosen/);
});

test('what the evaluation found worse after the stage than before it', () => {
  const facts = (value: number) => ({
    'facts-seen': { value, low: value - 0.05, high: value + 0.05, n: 100, chance: 0.1 },
  });
  const { sft, ppo } = good;
  const made = (after: number) => ({
    stages: { sft: sft!, ppo: ppo! },
    evaluation: { sft: facts(0.9), ppo: facts(after) },
  });
  assert.match(words(made(0.3)), /worse at: facts-seen 90 % before, 30 % after/);
  assert.not.match(words(made(0.88)), /worse at/);
});

test('a speed that drops is mentioned, and is no fault', () => {
  const slow = withCurves('sft', { tokensPerSecond: (share) => (share < 0.5 ? 1000 : 300) });
  assert.match(words(slow), /sft +normal/);
  assert.match(words(slow), /it became slower: 0.3\d+ times the speed/);
});

test.run();
