/** The five answers: which questions, in which order, marked by the rule of their kind. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { locateData } from '../../src/data/layout.ts';
import { showcase } from '../../src/evaluation/showcase.ts';
import { put, temporaryFolder } from '../data/temporary.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { FixedLM } from './fake-model.ts';

const lines = (records: readonly object[]) => records.map((record) => JSON.stringify(record)).join('\n');
const folder = temporaryFolder();
put(folder, 'pretrain.txt', '中国');
const fact = (question: string) => ({ relation: 'r', question, answer: 'x', accepted: ['x'] });

test('one question of each kind, the one in the middle of its file, facts in new words where there are some', async () => {
  const loaded = { model: tinyModel({ maxPositionEmbeddings: 200 }).eval(), tokenizer };
  assert.equal(await showcase(loaded, locateData(folder)), []);
  put(folder, 'eval/facts-seen.jsonl', lines(['一', '二', '三'].map(fact)));
  assert.equal(
    (await showcase(loaded, locateData(folder))).map(({ question }) => question),
    ['二'],
  );
  put(folder, 'eval/facts-unseen.jsonl', lines(['四', '五', '六', '七'].map(fact)));
  put(folder, 'eval/stories.jsonl', lines([{ question: '讲', hero: '' }]));
  put(folder, 'eval/refusals.jsonl', lines(['天', '地', '人'].map((question) => ({ kind: 'k', question }))));
  put(
    folder,
    'eval/sums.jsonl',
    lines(['1', '2'].map((question) => ({ question, answer: '2', accepted: ['2'] }))),
  );
  const statements = ['猫好。', '猫大。'];
  put(folder, 'eval/introductions.jsonl', lines([{ subject: '猫', question: '猫', statements }]));
  const shown = await showcase(loaded, locateData(folder));
  assert.equal(
    shown.map(({ kind, question }) => `${kind} ${question}`),
    ['fact 六', 'sum 2', 'introduction 猫', 'story 讲', 'refusal 地'],
  );
});

test('each is marked by the rule of its kind', async () => {
  const steps = [...tokenizer.encode('2'), tokenizer.eosId].map((id) => ({ [id]: 20 }));
  const model = new FixedLM([...steps, ...steps, ...steps, ...steps, ...steps], 200);
  const shown = await showcase({ model, tokenizer }, locateData(folder));
  assert.equal(
    shown.map(({ kind, text, correct }) => `${kind} ${text} ${correct}`),
    ['fact 2 false', 'sum 2 true', 'introduction 2 false', 'story 2 false', 'refusal 2 false'],
  );
});

test.run();
