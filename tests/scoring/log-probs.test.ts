/** Log-probabilities of answers in batches: those of the tokens asked for, whatever stands beside them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { answerLogProbs } from '../../src/losses/log-probs.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { scoreAnswers } from '../../src/scoring/log-probs.ts';
import { allClose } from '../close.ts';
import { pairs } from '../training/alignment.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';

test('log-likelihood from a place on = the whole minus the beginning, also among neighbours', async () => {
  const model = tinyModel({ initializerRange: 0.3 }).eval();
  const ids = [tokenizer.eosId, ...tokenizer.encode('中国的首都是北京。')].slice(0, 20);
  const [whole, beginning, rest, alone] = [
    ...(await scoreAnswers(model, [
      { ids, answerStart: 1 },
      { ids: ids.slice(0, 6), answerStart: 1 },
      { ids, answerStart: 6 },
    ])),
    ...(await scoreAnswers(model, [{ ids, answerStart: 6 }])),
  ];
  assert.ok(whole! < beginning! && beginning! < 0);
  allClose([rest!, alone!], [whole! - beginning!, rest!], { absolute: 1e-4 });
});

test('one by one, in batches by length, and packed into rows: the same numbers', async () => {
  const model = tinyModel({ initializerRange: 0.3 }).eval();
  const answers = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const together = await scoreAnswers(model, answers);
  const alone = await Promise.all(answers.map(async (each) => (await scoreAnswers(model, [each]))[0]!));
  allClose(together, alone, { absolute: 1e-5 });
  const packed = answerLogProbs(model, toAnswerBatch(answers)).toArray();
  allClose(together, packed, { absolute: 1e-4 });
  const later = answers.map(({ ids, answerStart }) => ({ ids, answerStart: answerStart + 1 }));
  assert.ok(
    (await scoreAnswers(model, later)).every((logProb, i) => logProb > together[i]!),
    'control: one token less',
  );
});

test('progress counts every answer', async () => {
  const seen: number[] = [];
  const answers = Array.from({ length: 137 }, () => pairs[0]!.chosen);
  await scoreAnswers(tinyModel().eval(), answers, { onProgress: (done) => seen.push(done) });
  assert.equal(seen, [64, 128, 137]);
});

test.run();
