/** Models that say one thing, before the judge. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KnownFact } from '../../src/data/answer-key.ts';
import { judgeModel, judgeResults } from '../../src/evaluation/judged-answers.ts';
import { tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { liking, saying } from './fake-model.ts';

const key: KnownFact[] = ['人', '天'].map((subject) => ({
  relation: 'r',
  subject,
  answer: subject === '人' ? '大' : '小',
  accepted: [`${subject}是${subject === '人' ? '大' : '小'}的。`],
  questions: [`${subject}怎么样？`],
}));

test('a model before the judge: one right answer of two; what is not in the key is not asked', async () => {
  const questions = [...key.flatMap((fact) => fact.questions), '你好'];
  const answers = await judgeModel(saying('人是大的。'), tokenizer, { key, questions });
  assert.equal(
    answers.map(({ text, finished, verdict }) => [text, finished, verdict.fact]),
    [
      ['人是大的。', true, 1],
      ['人是大的。', true, 0],
    ],
  );
  const results = judgeResults(answers);
  assert.equal([results['judge-fact']!.value, results['judge-fact']!.n], [0.5, 2]);
  assert.is(results['judge-score']!.value, (1 + 0.6 - (answers[1]!.verdict.stop === 0 ? 0.2 : 0)) / 2);
});

test('an answer without an end is cut off, and the judge is told', async () => {
  const answers = await judgeModel(liking({ 大: 9 }, 40), tokenizer, { key, questions: ['人怎么样？'] });
  assert.is(answers[0]!.finished, false);
  assert.is(answers[0]!.verdict.stop, 0);
});

test.run();
