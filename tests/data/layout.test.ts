import { mkdirSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDialogues } from '../../src/data/dialogues.ts';
import { heldOutDocuments, locateData, trainingDocuments } from '../../src/data/layout.ts';
import { putAll } from './every-format.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();
const corpus = (count: number) => Array.from({ length: count }, (_, i) => `文${i + 1}`);
const asText = (texts: readonly string[]) => texts.join('\n\n');

test('a directory: each file under its name, questions by task', () => {
  const data = `${folder}/data`;
  const names = ['pretrain.txt', 'heldout.txt', 'sft.jsonl', 'sft-heldout.jsonl', 'preferences.jsonl'];
  for (const name of names) put(data, name, '');
  for (const name of [
    'facts-b',
    'facts-a',
    'stories',
    'sums',
    'sums-new',
    'choice',
    'minimal-pairs',
    'answer-key',
  ])
    put(data, `eval/${name}.jsonl`, '');
  put(data, 'eval/facts-c.txt', '');
  mkdirSync(`${data}/eval/choice`);
  assert.equal(locateData(data), {
    pretrain: `${data}/pretrain.txt`,
    heldOut: `${data}/heldout.txt`,
    sft: `${data}/sft.jsonl`,
    sftHeldOut: `${data}/sft-heldout.jsonl`,
    preferences: `${data}/preferences.jsonl`,
    preferencesHeldOut: null,
    choices: `${data}/eval/choice`,
    minimalPairs: `${data}/eval/minimal-pairs.jsonl`,
    answerKey: `${data}/eval/answer-key.jsonl`,
    questions: new Map([
      ['facts-a', `${data}/eval/facts-a.jsonl`],
      ['facts-b', `${data}/eval/facts-b.jsonl`],
    ]),
    abilities: new Map([
      ['sums', `${data}/eval/sums.jsonl`],
      ['stories', `${data}/eval/stories.jsonl`],
    ]),
  });
});

test('a directory needs pretraining text and nothing else', () => {
  const data = `${folder}/small`;
  mkdirSync(data);
  refuses(() => locateData(data), data, 'no pretrain.txt');
  put(data, 'pretrain.jsonl', '');
  const { pretrain, heldOut, sft, sftHeldOut, questions } = locateData(data);
  assert.equal([pretrain, heldOut, sft, sftHeldOut], [`${data}/pretrain.jsonl`, null, null, null]);
  assert.is(questions.size, 0);
});

test('a single file; others are refused', () => {
  for (const name of [
    'a.txt',
    'a.jsonl',
    'a.bin',
    'a.TXT',
    'a.json',
    'a.parquet',
    'a.tsv',
    'a.csv',
    'a.b.JSONL.gz',
  ]) {
    const path = put(folder, name, '');
    assert.is(locateData(path).pretrain, path);
  }
  refuses(
    () => locateData(put(folder, 'a.docx', '')),
    'a.docx',
    '.txt, .jsonl, .json, .parquet, .tsv or .csv file',
  );
  refuses(() => locateData(`${folder}/none`), `--data ${folder}/none`, 'no such file or directory');
});

test('a directory: every file in the format it comes in', () => {
  const data = `${folder}/mixed`;
  const names = [
    ...['pretrain.parquet', 'heldout.txt', 'sft.json', 'sft-heldout.jsonl.gz'],
    ...['preferences.tsv', 'preferences-heldout.csv'],
  ];
  for (const name of names) put(data, name, '');
  const { pretrain, heldOut, sft, sftHeldOut, preferences, preferencesHeldOut } = locateData(data);
  assert.equal(
    [pretrain, heldOut, sft, sftHeldOut, preferences, preferencesHeldOut],
    names.map((name) => `${data}/${name}`),
  );
});

test('a set in several files: all of a directory, by name, each in its own format', () => {
  const data = `${folder}/parts`;
  put(data, 'pretrain/b/1.json', '[{"completion":"二"},{"completion":" "}]');
  put(data, 'pretrain/a.jsonl', '{"text":"一"}\n');
  put(data, 'pretrain/c.txt', '三\n\n四');
  put(data, 'pretrain/README.md', '# not data');
  put(data, 'sft/1.jsonl', '{"question":"问","answer":"答"}\n');
  put(data, 'sft/2.csv', 'input,target\n问,答\n');
  put(data, 'heldout.txt', '五');
  const files = locateData(data);
  assert.equal([files.pretrain, files.sft], [`${data}/pretrain`, `${data}/sft`]);
  assert.equal([...trainingDocuments(files)], ['一', '二', '三', '四']);
  assert.equal(
    [...readDialogues(files.sft!)].map(({ place }) => place),
    [`${data}/sft/1.jsonl:1`, `${data}/sft/2.csv:2`],
  );
  put(data, 'sft.jsonl', '');
  refuses(() => locateData(data), 'there are sft.jsonl and sft/;');
  mkdirSync(`${folder}/hollow/pretrain`, { recursive: true });
  refuses(() => locateData(`${folder}/hollow`), 'hollow/pretrain: there is no .txt, .jsonl,');
  put(`${folder}/hollow`, 'pretrain/a.txt', '一');
  put(`${folder}/hollow`, 'pretrain/a.bin', '');
  refuses(() => locateData(`${folder}/hollow`), 'pretrain/ holds a .bin file');
});

test('the same thing in two formats is refused: which one is meant?', () => {
  for (const [first, second] of [
    ['pretrain.txt', 'pretrain.bin'],
    ['heldout.txt', 'heldout.json'],
    ['sft.jsonl', 'sft.parquet'],
    ['preferences-heldout.tsv', 'preferences-heldout.tsv.gz'],
  ] as const) {
    const data = `${folder}/two-${second}`;
    for (const name of ['pretrain.txt', first, second]) put(data, name, '');
    refuses(() => locateData(data), `--data ${data}: there are ${first} and ${second}; leave one of them`);
  }
});

test('held-out text is text: token ids are refused, not passed over', () => {
  const data = `${folder}/tokens`;
  put(data, 'pretrain.bin', '');
  assert.is(locateData(data).pretrain, `${data}/pretrain.bin`);
  put(data, 'heldout.bin', '');
  refuses(() => locateData(data), 'heldout.bin holds token ids');
});

test('documents are the same from every format, and the same ones are held out', () => {
  const texts = corpus(120);
  const paths = putAll(
    folder,
    'formats',
    texts.map((text) => ({ text })),
  );
  for (const path of [put(folder, 'formats.txt', asText(texts)), ...paths]) {
    const files = locateData(path);
    assert.equal(heldOutDocuments(files), ['文50', '文100'], path);
    assert.is([...trainingDocuments(files)].length, 118);
  }
});

test('without held-out text every 50th document is held out, and no document is on both sides', () => {
  const texts = corpus(203);
  const files = locateData(put(folder, 'one.txt', asText(texts)));
  const heldOut = heldOutDocuments(files);
  const training = [...trainingDocuments(files)];
  assert.equal(heldOut, ['文50', '文100', '文150', '文200']);
  assert.equal(
    training.filter((text) => heldOut.includes(text)),
    [],
  );
  assert.equal([...training, ...heldOut].sort(), texts.toSorted());
});

test('with held-out text of its own all of the corpus is for training', () => {
  const data = `${folder}/own`;
  put(data, 'pretrain.txt', asText(corpus(120)));
  put(data, 'heldout.txt', asText(['甲', '乙', '丙']));
  const files = locateData(data);
  assert.is([...trainingDocuments(files)].length, 120);
  assert.equal(heldOutDocuments(files), ['甲', '乙', '丙']);
  assert.equal(heldOutDocuments(files, 2), ['甲', '乙']);
});

test('a small corpus holds nothing out; an empty one is refused', () => {
  const files = locateData(put(folder, 'few.txt', asText(corpus(49))));
  assert.equal(heldOutDocuments(files), []);
  assert.is([...trainingDocuments(files)].length, 49);
  const empty = locateData(put(folder, 'empty.txt', '\n \n'));
  refuses(() => [...trainingDocuments(empty)], 'empty.txt', 'holds no text');
});

test.run();
