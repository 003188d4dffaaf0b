/** All tasks of a model: which are run, who is told, what is refused. */
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { locateData } from '../../src/data/layout.ts';
import type { Question } from '../../src/data/questions.ts';
import { evaluateModel } from '../../src/evaluation/evaluate.ts';
import type { JudgedAnswer } from '../../src/evaluation/judged-answers.ts';
import { put, refusesLater, temporaryFolder } from '../data/temporary.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';

const model = tinyModel({ initializerRange: 0.3 }).eval(); // sharp enough for texts to differ
const shipped = fileURLToPath(new URL('../../data', import.meta.url));
const ask = (text: string): Question => ({ relation: 'r', question: text, answer: 'x', accepted: ['x'] });

test('evaluateModel: all tasks the data has, some of them, or a sentence about one that it has not', async () => {
  const folder = temporaryFolder();
  put(folder, 'pretrain.txt', '中国');
  put(folder, 'heldout.txt', '中国的首都是北京。\n\n一');
  const records = ['一', '二', '三'].map((text) => JSON.stringify(ask(text)));
  put(folder, 'eval/facts-seen.jsonl', records.join('\n'));
  const files = locateData(folder);
  const told: string[] = [];
  const all = await evaluateModel(model, tokenizer, files, {
    limit: 2,
    onTask: (task, total) => told.push(`${task} ${total}`),
    onAnswers: (task, answers) => told.push(`${task}: ${answers.length}`),
  });
  assert.equal(Object.keys(all), ['bits-per-byte', 'perplexity', 'facts-seen']);
  assert.equal(told, ['bits-per-byte 2', 'facts-seen 2', 'facts-seen: 2']);
  assert.equal([all['facts-seen']!.n, all['facts-seen']!.chance], [2, 1]);
  const { low, value, high } = all.perplexity!;
  assert.ok(low <= value && value <= high);
  assert.equal(Object.keys(await evaluateModel(model, tokenizer, files, { tasks: ['facts-seen'] })), [
    'facts-seen',
  ]);
  await refusesLater(
    () => evaluateModel(model, tokenizer, files, { tasks: ['facts-new'] }),
    'no task "facts-new"',
    'bits-per-byte, facts-seen',
  );
});

test('the judge and the win rate ask the questions once; a model against itself is at half', async () => {
  const files = { ...locateData(shipped), questions: new Map<string, string>() };
  const options = { limit: 3 };
  let answers: readonly JudgedAnswer[] = [];
  const told: string[] = [];
  const chat = await evaluateModel(model, tokenizer, files, {
    ...options,
    tasks: ['choice-gen', 'judge'],
    onTask: (task) => told.push(task),
    onJudged: (judged) => {
      answers = judged;
    },
  });
  assert.equal(told, ['choice-gen', 'judge']);
  assert.is(answers.length, 3);
  for (const task of ['choice-gen', 'judge-score', 'judge-fact', 'answer-length', 'distinct-2', 'repetition'])
    assert.is(chat[task]!.n, 3, task);
  const again = await evaluateModel(model, tokenizer, files, {
    ...options,
    tasks: ['judge', 'win-rate'],
    baseline: answers,
    onTask: (task) => told.push(task),
  });
  assert.equal(told, ['choice-gen', 'judge', 'judge'], 'the questions are asked once for both tasks');
  assert.equal(
    [again['win-rate']!.value, 'win-rate-decided' in again],
    [0.5, false],
    'a model against itself',
  );
  await refusesLater(
    () => evaluateModel(model, tokenizer, files, { tasks: ['win-rate'] }),
    'win-rate',
    '--against DIR',
  );
});

test('a model that is still in training mode is measured without dropout', async () => {
  const folder = temporaryFolder();
  put(folder, 'pretrain.txt', '中国');
  put(folder, 'heldout.txt', '中国的首都是北京。\n\n小猫在河边喝水。');
  const files = locateData(folder);
  const noisy = tinyModel({ initializerRange: 0.3, attentionDropout: 0.5 }).train();
  const measured = await evaluateModel(noisy, tokenizer, files);
  assert.equal(measured, await evaluateModel(model, tokenizer, files));
});

test.run();
