/** Models that say one thing, before the judge. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KnownFact } from '../../src/data/answer-key.ts';
import { encodePrompt } from '../../src/data/rows/pairs.ts';
import { answerPrompts } from '../../src/evaluation/answers.ts';
import { Judge } from '../../src/evaluation/judge.ts';
import { judgeModel, judgeResults } from '../../src/evaluation/judged-answers.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';
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

test('an answer that says all and is cut off before its end is not finished', async () => {
  const said = '人是大的。';
  const prompt = encodePrompt(tokenizer, '人怎么样？').length;
  const judged = async (room: number) => {
    const model = saying(said, prompt + room);
    return (await judgeModel(model, tokenizer, { key, questions: ['人怎么样？'] }))[0]!;
  };
  const tokens = tokenizer.encode(said).length;
  const [whole, cut] = [await judged(tokens), await judged(tokens - 1)];
  assert.equal([whole.text, whole.finished, whole.verdict.score], [said, true, 1]);
  assert.equal([cut.text, cut.finished, cut.verdict.stop, cut.verdict.score], [said, false, 0, 0.8]);
});

test('the answers are drawn, with the same seed for every model; each verdict is that of its own answer', async () => {
  const model = tinyModel({ initializerRange: 0.3 }).eval();
  const questions = key.flatMap((fact) => fact.questions);
  const prompts = questions.map((question) => encodePrompt(tokenizer, question));
  const answers = await judgeModel(model, tokenizer, { key, questions });
  const drawn = await answerPrompts(model, tokenizer, prompts, { seed: 1 });
  assert.equal(
    answers.map(({ text, finished }) => ({ text, finished })),
    drawn,
  );
  const judge = new Judge(key);
  for (const { question, text, finished, verdict } of answers)
    assert.equal(verdict, judge.judge(question, text, { finished }));
});

test('the results of given verdicts: each quality under its own name', () => {
  const verdict = (...have: (0 | 1)[]) => ({
    fact: have[0]!,
    sentence: have[1]!,
    polite: have[2]!,
    stop: have[3]!,
    score: have[4]!,
  });
  const given = [
    verdict(1, 0, 0, 0, 0),
    verdict(1, 1, 0, 0, 1),
    verdict(1, 1, 1, 0, 1),
    verdict(0, 1, 1, 0, 0),
    verdict(0, 0, 1, 0, 1),
  ];
  const answers = given.map((each, i) => ({ question: `${i}`, text: 'ab', finished: true, verdict: each }));
  const results = judgeResults(answers.slice(0, 4));
  assert.equal(
    ['score', 'fact', 'sentence', 'polite', 'stop'].map((name) => results[`judge-${name}`]!.value),
    [0.5, 0.75, 0.75, 0.5, 0],
  );
  assert.is(results['answer-length']!.value, 2);
  assert.is(judgeResults(answers)['judge-polite']!.value, 0.6);
});

test.run();
