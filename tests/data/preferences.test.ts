import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { factsOf, type Preference, readPreferences } from '../../src/data/preferences.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();
const pair = (prompt: string, chosen: string, rejected: string, quality = 'all'): Preference => {
  return { prompt, chosen, rejected, quality, place: 'test:1' };
};

test('a file of pairs; a line without an answer is refused with its place', () => {
  const path = put(
    folder,
    'p.jsonl',
    '{"prompt":"a","chosen":"b","rejected":"c"}\n\n{"prompt":"a","chosen":"b"}\n',
  );
  const read = readPreferences(path);
  assert.equal(read.next().value, { ...pair('a', 'b', 'c'), place: `${path}:1` });
  refuses(() => read.next(), `${path}:3`, 'rejected');
});

test('facts: from pairs in which a sentence was preferred to the bare fact, and from no others', () => {
  const preferences = [
    pair('中国首都？', '首都是北京。', '北京。', 'sentence'),
    pair('中国首都？', '首都是北京。', '首都是南京。', 'fact'),
    pair('法国首都？', '首都是巴黎。', '巴黎', 'sentence'),
    pair('你好', '你好！', '走开', 'polite'),
    pair('空？', '空。', '。', 'sentence'),
    pair('别的？', '不含。', '它', 'sentence'),
  ];
  assert.equal(
    [...factsOf(preferences)],
    [
      ['中国首都？', '北京'],
      ['法国首都？', '巴黎'],
    ],
  );
});

test('facts of any characters: a full-width digit is no other one, and a rule for text is none for search', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9０-９a-z.*+?()[\]$^|\\一二。]{1,6}$/), (fact) => {
      const bare = fact.replace(/。$/, '');
      const found = factsOf([pair('问', `是${fact}`, fact, 'sentence')]);
      assert.is(found.get('问'), bare === '' ? undefined : bare);
    }),
  );
  assert.is(factsOf([pair('问', '是12。', '１２。', 'sentence')]).size, 0);
  assert.is(factsOf([pair('问', '是１２。', '１２', 'sentence')]).get('问'), '１２');
});

test.run();
