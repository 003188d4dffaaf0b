/** Preference pairs from every published shape. All records are made up. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preferenceMaps } from '../../../src/data/maps/preference-fields.ts';
import { readPreferences } from '../../../src/data/preferences.ts';
import { putAll, separatedOf } from '../every-format.ts';
import { put, refuses, temporaryFolder } from '../temporary.ts';
import { pairsOf, Used } from './made-up.ts';

const folder = temporaryFolder();
const used = new Used();

test('pairs: prompt, chosen, rejected as .tsv, .parquet and .jsonl', () => {
  used.add('prompt');
  const records = [
    { prompt: '怎么\n学习？', chosen: '多读"书"', rejected: '不\t学' },
    { prompt: '好？', chosen: '好', rejected: '不' },
  ];
  for (const path of putAll(folder, 'pairs', records)) {
    const found = [...readPreferences(path)].map(({ place, ...pair }) => pair);
    assert.equal(
      found,
      records.map((record) => ({ ...record, quality: 'all' })),
      path,
    );
  }
  const path = put(
    folder,
    'q.csv',
    separatedOf(
      [
        { ...records[0]!, quality: '' },
        { ...records[1]!, quality: 'fact' },
      ],
      ',',
    ),
  );
  assert.equal(
    [...readPreferences(path)].map(({ quality }) => quality),
    ['all', 'fact'],
  );
});

test('pairs: CValues, medical reward', () => {
  used.add('prompt+pos_resp', 'question+response_chosen');
  assert.equal(
    pairsOf(
      { prompt: '问', pos_resp: '善', neg_resp: '恶', pos_type: '拒绝为主', neg_type: '风险回复' },
      { question: '疼？', response_chosen: '看医生', response_rejected: '忍着' },
    ),
    [
      ['问', '善', '恶', 'all'],
      ['疼？', '看医生', '忍着', 'all'],
    ],
  );
});

test('pairs: answers as lists of messages, with a prompt or without, with scores', () => {
  used.add('chosen');
  const list = (answer: string) => [
    { role: 'user', content: '问' },
    { role: 'assistant', content: answer },
  ];
  const expected = ['问', '善', '恶', 'all'];
  assert.equal(
    pairsOf(
      {
        prompt: '问',
        chosen: list('善'),
        rejected: list('恶'),
        messages: list('善'),
        score_chosen: 8.5,
        score_rejected: 3,
      },
      { chosen: list('善'), rejected: list('恶') },
      {
        prompt: [{ role: 'user', content: '问' }],
        chosen: list('善').slice(1),
        rejected: list('恶').slice(1),
      },
      {
        chosen: [
          { from: 'human', value: '问' },
          { from: 'gpt', value: '善' },
        ],
        rejected: list('恶'),
      },
    ),
    [expected, expected, expected, expected],
  );
  const refusesPair = (record: object, ...parts: string[]) =>
    refuses(() => pairsOf(record), 'a.jsonl:1', ...parts);
  refusesPair(
    { prompt: '问', chosen: [...list('善'), ...list('善')], rejected: '恶' },
    '"chosen"',
    'several turns',
  );
  refusesPair({ prompt: list('善'), chosen: '善', rejected: '恶' }, '"prompt"', 'several turns');
  refusesPair(
    { chosen: list('善'), rejected: [{ role: 'user', content: '另问' }, list('恶')[1]] },
    'same user message',
  );
  refusesPair({ chosen: list('善').slice(1), rejected: list('恶').slice(1) }, 'same user message');
  refusesPair({ chosen: '善', rejected: '恶' }, '"chosen" must be a list');
  refusesPair({ prompt: '问', chosen: 3, rejected: '恶' }, '"chosen" must be a string, got 3');
});

test('every map of the table is used above and says where it comes from', () => used.covers(preferenceMaps));

test.run();
