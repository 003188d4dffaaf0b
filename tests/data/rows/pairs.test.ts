/** Preference pairs as ids: what is kept, what is left out and why, and in which order they come. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Preference } from '../../../src/data/preferences.ts';
import {
  describePairs,
  EpochStream,
  emptyOrEqual,
  encodePairs,
  requirePair,
} from '../../../src/data/rows/pairs.ts';
import { tinyTokenizer as tokenizer } from '../../training/tiny.ts';
import { refuses } from '../temporary.ts';

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

test('a pair teaches nothing if the answers are equal but for blanks, or one of the texts is empty', () => {
  assert.equal(
    [
      pair('好', '一', '二'),
      pair('好', '一\n', ' 一'),
      pair('好', ' ', '\u3000'),
      pair(' ', '一', '二'),
      pair('好', '一', ''),
    ].map(emptyOrEqual),
    [null, 'equal', 'empty', 'empty', 'empty'],
  );
});

test('whether there is a pair to learn from: the reason if not, and no reading on after the first', () => {
  const endless = function* (): Generator<Preference> {
    yield pair('好', '一', '一');
    yield pair('好', '一', '二');
    throw new Error('read too far');
  };
  requirePair(endless(), tokenizer, 24, 'p.jsonl');
  refuses(
    () => requirePair([pair('好', '一', '一')], tokenizer, 24, 'p.jsonl'),
    'p.jsonl: no pair',
    '1 left out',
  );
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

test.run();
