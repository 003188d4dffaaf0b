/** Preference pairs: what is kept, what is left out and why, in which order they come, and which prompts and facts they give. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { factsOf, type Preference, readPreferences } from '../../src/data/preferences.ts';
import { packLengths } from '../../src/data/rows/answers.ts';
import { describePairs, EpochStream, encodePairs } from '../../src/data/rows/pairs.ts';
import { makePrompts } from '../../src/data/rows/prompts.ts';
import { tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();
const pair = (prompt: string, chosen: string, rejected: string, quality = 'all'): Preference => {
  return { prompt, chosen, rejected, quality, place: 'test:1' };
};

test('both answers follow the same prompt, each with its end', () => {
  const { pairs } = encodePairs([pair('你好', '我很好。', '不好', 'polite')], tokenizer, 64);
  const { chosen, rejected, quality } = pairs[0]!;
  assert.is(quality, 'polite');
  const start = [
    tokenizer.roleId('user'),
    ...tokenizer.encode('你好'),
    tokenizer.eosId,
    tokenizer.assistantId,
  ];
  for (const [answer, text] of [
    [chosen, '我很好。'],
    [rejected, '不好'],
  ] as const) {
    assert.equal(answer.ids, [...start, ...tokenizer.encode(text), tokenizer.eosId]);
    assert.is(answer.answerStart, start.length);
  }
});

test('pairs that teach nothing are left out and counted by reason', () => {
  const long = '很'.repeat(40);
  const encoded = encodePairs(
    [
      pair('好', '一', '二'),
      pair('好', '一', ' 一 '),
      pair('好', '', '二'),
      pair('', '一', '二'),
      pair('好', '', ''),
      pair(long, '一', '二'),
      pair('好', '一', long),
      pair('好', long, '二'),
    ],
    tokenizer,
    24,
  );
  assert.equal(encoded.skipped, { equal: 1, empty: 3, noRoom: 1, tooLong: 2 });
  assert.is(
    describePairs(encoded, 'p.jsonl'),
    '1 pairs (1 left out: chosen and rejected are equal; 3 left out: an answer or the prompt is empty; ' +
      '1 left out: the prompt alone fills the context; 2 left out: longer than the context)',
  );
  const nothing = encodePairs([pair('好', '一', '一')], tokenizer, 24);
  refuses(
    () => describePairs(nothing, 'p.jsonl'),
    'p.jsonl: no pair to learn from, 1 left out: chosen and rejected are equal',
  );
  refuses(() => describePairs(encodePairs([], tokenizer, 24), 'p.jsonl'), 'there are none');
});

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

test('every epoch has all items once, each in an order of its own; the order is a function of seed and number', () => {
  const items = Array.from({ length: 20 }, (_, i) => i);
  const epochs = (seed: number, shuffle = true) => {
    const stream = new EpochStream(items, { seed, shuffle });
    return [0, 1, 2].map((epoch) => items.map((i) => stream.row(epoch * 20 + i)));
  };
  const [first, second] = epochs(1);
  assert.equal(
    [...first!].sort((a, b) => a - b),
    items,
  );
  assert.not.equal(first, second);
  assert.not.equal(first, epochs(2)[0]);
  assert.equal(epochs(1, false)[2], items);
  const stream = new EpochStream(items, { seed: 1, shuffle: true });
  assert.is(stream.row(33), second![13], 'in any order of asking');
});

test('prompts: each once, those without room or without a known fact left out; one alone is refused', () => {
  const preferences = [
    pair('中国首都？', '首都是北京。', '北京。', 'sentence'),
    pair('中国首都？', '首都是北京。', '首都是南京。', 'fact'),
    pair('法国首都？', '首都是巴黎。', '巴黎', 'sentence'),
    pair('你好', '你好！', '走开', 'polite'),
    pair('很'.repeat(30), '一', '二'),
  ];
  assert.equal(
    [...factsOf(preferences)],
    [
      ['中国首都？', '北京'],
      ['法国首都？', '巴黎'],
    ],
  );
  const options = { context: 28, maxNewTokens: 8, needsFact: false, source: 'p.jsonl' };
  const all = makePrompts(preferences, tokenizer, options);
  assert.equal(
    all.prompts.map(({ fact }) => fact),
    ['北京', '巴黎', null],
  );
  assert.is(all.note, '3 prompts (left out: 1 leave no room for 8 new tokens)');
  assert.is(makePrompts(preferences, tokenizer, { ...options, needsFact: true }).prompts.length, 2);
  refuses(() => makePrompts(preferences.slice(3), tokenizer, options), 'only one prompt', 'at least two');
  refuses(() => makePrompts([], tokenizer, options), 'no prompt to draw answers to');
});

test('packing: nothing overlaps, nothing sticks out, short ones fill the gaps', () => {
  const lengths = [3, 9, 4, 1, 5, 9, 2, 4];
  const { rows, width, places } = packLengths(lengths);
  assert.equal([rows, width], [5, 9]);
  const taken = new Set<string>();
  for (const [i, { row, column }] of places.entries()) {
    for (let t = 0; t < lengths[i]!; t++) {
      assert.ok(column + t < width && row < rows);
      assert.not.ok(taken.has(`${row}:${column + t}`));
      taken.add(`${row}:${column + t}`);
    }
  }
  assert.equal(packLengths([]), { rows: 0, width: 0, places: [] });
});

test.run();
