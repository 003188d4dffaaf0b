/** Dialogues from every published shape. All records are made up. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDialogues } from '../../../src/data/dialogues.ts';
import { dialogueMaps } from '../../../src/data/maps/dialogue-fields.ts';
import { SftRows } from '../../../src/data/rows/sft-rows.ts';
import { tinyTokenizer as tokenizer } from '../../training/tiny.ts';
import { refuses } from '../temporary.ts';
import { dialoguesOf, jsonl, Used } from './made-up.ts';

const used = new Used();

test('instruction, input, output: Belle, TigerBot', () => {
  used.add('instruction');
  const records = [
    { instruction: '翻译', input: '你好', output: 'hello' },
    { instruction: '问好', input: '', output: '你好！' },
    { instruction: '问好', output: '你好！' },
    { id: 1, instruction: '问好', input: null, output: '你好！' },
  ];
  const greeting = [
    ['user', '问好'],
    ['assistant', '你好！'],
  ];
  assert.equal(dialoguesOf(...records), [
    [
      ['user', '翻译\n你好'],
      ['assistant', 'hello'],
    ],
    greeting,
    greeting,
    greeting,
  ]);
});

test('messages, question + answer, Firefly, ShareGPT', () => {
  used.add('messages', 'question', 'input', 'conversations');
  const expected = [
    ['user', '几？'],
    ['assistant', '一'],
  ];
  const found = dialoguesOf(
    {
      messages: [
        { role: 'user', content: '几？' },
        { role: 'assistant', content: '一' },
      ],
    },
    { question: '几？', answer: '一' },
    { kind: 'NLI', input: '几？', target: '一' },
    {
      id: 'x',
      conversations: [
        { from: 'human', value: '几？' },
        { from: 'gpt', value: '一' },
      ],
    },
  );
  assert.equal(found, [expected, expected, expected, expected]);
});

test('dialogues in which somebody says nothing are left out and counted', () => {
  const records = [
    { instruction: '问', input: '', output: '答' },
    { instruction: '问', input: '', output: ' \n' },
    { instruction: '', input: ' ', output: '答' },
  ];
  const rows = new SftRows(readDialogues(jsonl(...records)), tokenizer, {
    context: 32,
    seed: 1,
    shuffle: false,
  });
  assert.equal([rows.kept, rows.empty, rows.tooLong], [1, 2, 0]);
  refuses(
    () =>
      new SftRows(readDialogues(jsonl(records[1], records[2])), tokenizer, {
        context: 32,
        seed: 1,
        shuffle: false,
      }),
    'no dialogue to learn from, left out: 2 with an empty question or answer',
  );
});

test('every map of the table is used above and says where it comes from', () => used.covers(dialogueMaps));

test.run();
