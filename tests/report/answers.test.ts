/** The ten questions that every stage is asked, and what a base model does with them. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { locateData } from '../../src/data/layout.ts';
import { answersOf, chooseQuestions } from '../../src/report/answers.ts';
import { put, temporaryFolder } from '../data/temporary.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';

const folder = temporaryFolder();
put(folder, 'pretrain.txt', '中国');
for (const [task, count] of [
  ['facts-a', 100],
  ['facts-b', 2],
  ['facts-c', 9],
] as const) {
  const ask = (i: number) => ({ relation: 'r', question: `${task} ${i}`, answer: '一', accepted: ['一'] });
  const lines = Array.from({ length: count }, (_, i) => JSON.stringify(ask(i)));
  put(folder, join('eval', `${task}.jsonl`), lines.join('\n'));
}

test('questions are spread over the tasks and over each of them; a short task gives what it has', () => {
  const asked = chooseQuestions(locateData(folder));
  assert.equal(
    asked.map(({ question }) => question.question),
    [
      ...['facts-a 12', 'facts-a 37', 'facts-a 62', 'facts-a 87'],
      ...['facts-b 0', 'facts-b 1'],
      ...['facts-c 1', 'facts-c 4', 'facts-c 7'],
    ],
  );
  assert.equal(asked[4]!.task, 'facts-b');
});

test('a base model continues and is not marked; a question longer than the context has no continuation', async () => {
  const model = tinyModel({ initializerRange: 0.3 }).eval();
  const ask = (question: string) => ({
    ...{ task: 't', question: { relation: 'r', question, answer: 'x', accepted: ['x'] } },
  });
  const asked = [ask('中国'), ask('0123456789'.repeat(10)), ask('老虎')];
  const loaded = { model, tokenizer, directory: '' };
  const base = await answersOf(loaded, asked, true);
  assert.equal(
    base.map(({ text, correct }) => [text !== '', correct]),
    [
      [true, null],
      [false, null],
      [true, null],
    ],
  );
  const alone = await answersOf(loaded, [asked[2]!], true);
  const common = Math.min(alone[0]!.text.length, base[2]!.text.length, 3);
  assert.is(base[2]!.text.slice(0, common), alone[0]!.text.slice(0, common), 'whatever is asked beside it');
  const chat = await answersOf(loaded, asked, false);
  assert.equal(
    chat.map(({ correct }) => correct),
    [false, false, false],
  );
});

test.run();
