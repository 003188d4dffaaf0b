/** Exact match: which answers count, what guessing gives, and answers in batches. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Question } from '../../src/data/questions.ts';
import { answerQuestions, exactMatch, majorityBaseline } from '../../src/evaluation/exact-match.ts';
import { Chat } from '../../src/generation/chat.ts';
import { allClose } from '../close.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';

const question = (relation: string, answer: string, ...accepted: string[]): Question => ({
  relation,
  question: '？',
  answer,
  accepted: [answer, ...accepted],
});

test('majority baseline: the most frequent answer of each relation', () => {
  const questions = [
    ...['红', '红', '蓝'].map((answer) => question('colour', answer)),
    ...['一', '二'].map((answer) => question('number', answer)),
  ];
  assert.is(majorityBaseline(questions), 3 / 5);
  assert.is(majorityBaseline([]), 0);
  assert.is(majorityBaseline([question('a', 'x')]), 1);
});

test('exactMatch: share, interval and baseline', () => {
  const answered = Array.from({ length: 10 }, (_, i) => ({
    question: question('r', i < 4 ? '甲' : String(i)),
    text: '',
    correct: i < 8,
  }));
  const { value, low, high, n, chance } = exactMatch(answered);
  assert.equal([value, n, chance], [0.8, 10, 0.4]);
  allClose([low, high], [0.4901625, 0.9433178], { absolute: 1e-6 });
});

const model = tinyModel({ initializerRange: 0.3 }).eval(); // sharp enough for texts to differ
const ask = (text: string): Question => ({ relation: 'r', question: text, answer: 'x', accepted: ['x'] });

test('answers in batches = the answers of a chat, one by one; a question longer than the context has none', async () => {
  const questions = ['中国', '一只小猫在河边', 'a', '0123456789012345678901234567890123', '老虎'].map(ask);
  const progress: number[] = [];
  const answers = await answerQuestions(model, tokenizer, questions, {
    onProgress: (done) => progress.push(done),
  });
  assert.equal(progress, [5]);
  for (const [i, { question, text, correct }] of answers.entries()) {
    assert.is(question, questions[i]);
    assert.is(correct, false);
    if (i === 3) {
      assert.is(text, '');
      continue;
    }
    const chat = new Chat(model, tokenizer, { maxNewTokens: 10 });
    let alone = '';
    for await (const piece of chat.say(question.question)) alone += piece;
    // The longest question of a batch limits the answers of all; what both have must agree.
    const common = Math.min(alone.length, text.length, 3);
    assert.ok(common > 0);
    assert.is(text.slice(0, common), alone.slice(0, common));
  }
});

test('what guessing gives is counted over all questions of the task, not over the few that were asked', () => {
  const all = ['红', '红', '蓝', '绿'].flatMap((answer) => [
    question('colour', answer),
    question('size', answer),
  ]);
  const asked = all.slice(0, 2).map((each) => ({ question: each, text: '', correct: true }));
  const { value, n, chance } = exactMatch(asked, all);
  assert.equal([value, n, chance], [1, 2, 0.5]);
});

test.run();
