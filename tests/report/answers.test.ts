/** The ten questions that every stage is asked, and what a base model does with them. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { locateData } from '../../src/data/layout.ts';
import { generateBatch } from '../../src/generation/generate.ts';
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

test('every question has its own answer or continuation, as if it had been asked alone', async () => {
  const model = tinyModel({ initializerRange: 0.5 }).eval();
  const loaded = { model, tokenizer, directory: '' };
  const ask = (question: string, accepted = 'x') => ({
    ...{ task: 't', question: { relation: 'r', question, answer: 'x', accepted: [accepted] } },
  });
  const texts = ['老虎在河边喝水', '中国', '今天天气', '小猫在树下'];
  for (const isBase of [true, false]) {
    const alone = await Promise.all(texts.map((text) => answersOf(loaded, [ask(text)], isBase)));
    const said = alone.map(([answer]) => answer!.text);
    assert.is(new Set(said).size, texts.length, 'control: no two say the same');
    const together = await answersOf(
      loaded,
      texts.map((text) => ask(text)),
      isBase,
    );
    // Rows of another length round otherwise, and in a model without sense that may change a later token.
    for (const [i, { text }] of together.entries()) assert.is(text.slice(0, 4), said[i]!.slice(0, 4));
    const right = await answersOf(
      loaded,
      texts.map((text, i) => ask(text, i === 2 ? together[2]!.text : 'x')),
      isBase,
    );
    assert.equal(
      right.map(({ correct }) => correct),
      isBase ? [null, null, null, null] : [false, false, true, false],
    );
  }
});

test('a continuation follows the question itself, after the end of another document', async () => {
  const model = tinyModel({ initializerRange: 0.5 }).eval();
  const question = '中国的首都';
  const [answer] = await answersOf(
    { model, tokenizer, directory: '' },
    [{ task: 't', question: { relation: 'r', question, answer: 'x', accepted: ['x'] } }],
    true,
  );
  const prompt = [tokenizer.eosId, ...tokenizer.encode(question)];
  const options = { maxNewTokens: 24, stopIds: [tokenizer.eosId] };
  const [ids] = await generateBatch(model, [prompt], options);
  assert.is(answer!.text, tokenizer.decode(ids!, { skipSpecial: true }));
  assert.is(ids!.length, 24);
});

test.run();
