/** Pairs about sums, introductions, refusals and stories: what is rejected is worse in the named quality, and the judge agrees. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeAnswerKey } from '../data/world/answer-key.ts';
import { writePreferences } from '../data/world/preferences.ts';
import { writeDialogues } from '../data/world/sft.ts';
import { SPOILED_KINDS, spoil } from '../data/world/spoil.ts';
import { Judge } from '../src/evaluation/judge.ts';
import { Random } from '../src/tensor/random.ts';

const dialogues = writeDialogues(7);
const { train, heldout, asked } = writePreferences(8, dialogues);
const kindOf = new Map(asked.map(({ question, kind }) => [question, kind]));

test('every kind is asked, in training and held out, and no held-out prompt is a trained one', () => {
  for (const pairs of [train, heldout])
    assert.equal(
      new Set(pairs.map(({ prompt }) => kindOf.get(prompt) ?? 'fact')),
      new Set(['fact', ...SPOILED_KINDS]),
    );
  const trained = new Set(train.map(({ prompt }) => prompt));
  assert.is(heldout.filter(({ prompt }) => trained.has(prompt)).length, 0);
  for (const { chosen, rejected, prompt } of [...train, ...heldout]) assert.is.not(chosen, rejected, prompt);
});

test('the judge prefers the chosen answer, and it fails in the named quality alone', () => {
  const key = writeAnswerKey(asked);
  const judge = new Judge(key);
  let [pairs, agreed] = [0, 0];
  for (const { prompt, chosen, rejected, quality } of [...train, ...heldout]) {
    if (!kindOf.has(prompt)) continue; // those about facts: tests/data-world.test.ts
    pairs++;
    const [good, bad] = [judge.judge(prompt, chosen), judge.judge(prompt, rejected)];
    assert.is(good.score, 1, `${prompt} -> ${chosen}: ${JSON.stringify(good)}`);
    assert.ok(bad.score < 1, `${quality}: ${prompt} -> ${rejected}`);
    if (bad[quality] === 0) agreed++;
  }
  assert.ok(pairs > 500 && agreed / pairs > 0.9, `${agreed} of ${pairs}`);
});

test('a spoiled sum has another result, and the same steps before it', () => {
  const random = new Random(3);
  const sum = { kind: 'sum', question: '37+45=？', answer: '37+45=70+12=82。', about: '82' } as const;
  const none = { peers: [], refusals: ['我不会。'] };
  let refused = 0;
  for (let i = 0; i < 60; i++) {
    const answer = spoil.fact(random, sum, none);
    if (answer === '我不会。') refused++;
    const [, result] = /^37\+45=70\+12=(\d+)。$/u.exec(answer) ?? [];
    assert.ok(
      answer === '我不会。' ||
        (result !== undefined && result !== '82' && Math.abs(Number(result) - 82) <= 10),
    );
  }
  assert.ok(refused > 10 && refused < 30, `not to know it is worse too: ${refused} of 60`);
  const rhyme = { ...sum, answer: '一一得一。' };
  const spoiled = () => Array.from({ length: 20 }, () => spoil.fact(random, rhyme, none));
  assert.throws(spoiled, 'has no result in digits');
});

test.run();
