/** The counts of all pairs, kept true while symbols are merged: against counting anew after every merge. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../src/tensor/random.ts';
import { PairIndex } from '../../src/tokenizer/pair-index.ts';
import { SegmentCounter } from '../../src/tokenizer/segment-counter.ts';

const letters = ['a', 'b', 'c'];

/** How often each pair of symbols stands side by side. */
function countPairs(rows: readonly number[][]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    for (let i = 0; i + 1 < row.length; i++) {
      const key = `${row[i]},${row[i + 1]}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

test('after each of many random merges the counts are those of the corpus', () => {
  const random = new Random(17);
  let merges = 0;
  for (let round = 0; round < 30; round++) {
    const words = Array.from({ length: 1 + random.int(8) }, () =>
      Array.from({ length: 2 + random.int(12) }, () => random.pick(letters)).join(''),
    );
    const segments = new SegmentCounter();
    for (const word of words) segments.add(word);
    const rows = words.map((word) => [...word].map((letter) => letters.indexOf(letter)));
    const index = new PairIndex(segments, (code) => code - 'a'.charCodeAt(0), letters.length, 99);
    for (const _ of index.build());
    const pairs = new Map<string, { pair: number; left: number; right: number }>();
    for (let symbol = letters.length; ; symbol++) {
      for (const { pair, left, right } of index.takeRaised())
        pairs.set(`${left},${right}`, { pair, left, right });
      const counts = countPairs(rows);
      for (const [key, { pair }] of pairs)
        assert.is(index.counts[pair], counts.get(key) ?? 0, `${words} ${key}`);
      for (const key of counts.keys()) assert.ok(pairs.has(key), `${words} ${key} was never reported`);
      if (counts.size === 0 || random.int(12) === 0) break;
      const { pair, left, right } = pairs.get(random.pick([...counts.keys()]))!; // reported, see above
      index.merge(pair, left, right, symbol);
      merges++;
      for (const row of rows) {
        for (let i = 0; i + 1 < row.length; i++)
          if (row[i] === left && row[i + 1] === right) row.splice(i, 2, symbol);
      }
    }
  }
  assert.ok(merges > 100, `${merges} merges`);
});

test('a pair too long for a piece is never reported', () => {
  const segments = new SegmentCounter();
  segments.add('abc');
  const index = new PairIndex(segments, (code) => code - 'a'.charCodeAt(0), letters.length, 2);
  for (const _ of index.build());
  const [first, second] = index.takeRaised();
  assert.is(index.takeRaised().length, 0);
  const { pair, left, right } = [first!, second!].find((one) => one.left === 0)!; // a+b, of a+b and b+c
  index.merge(pair, left, right, 3);
  assert.equal(index.takeRaised(), [], 'ab+c would have three characters');
});

test.run();
