/** The small parts under the trainer and the encoder: heap, pair table, script classes, segment counter, text cleaning. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../src/tensor/random.ts';
import { Heap } from '../../src/tokenizer/heap.ts';
import { cleanText, wellFormed } from '../../src/tokenizer/index.ts';
import { PairTable } from '../../src/tokenizer/pair-table.ts';
import { joins } from '../../src/tokenizer/script-classes.ts';
import { SEPARATOR, SegmentCounter } from '../../src/tokenizer/segment-counter.ts';

test('a heap gives out everything in order, pushes and pops mixed', () => {
  const random = new Random(41);
  const heap = new Heap<number>((a, b) => a < b);
  assert.is(heap.pop(), undefined);
  let inside: number[] = [];
  for (let i = 0; i < 5000; i++) {
    if (random.int(3) > 0) {
      const value = random.int(1000);
      heap.push(value);
      inside.push(value);
    } else if (inside.length > 0) {
      const smallest = Math.min(...inside);
      assert.is(heap.pop(), smallest);
      inside.splice(inside.indexOf(smallest), 1);
    }
  }
  inside = inside.sort((a, b) => a - b);
  for (const value of inside) assert.is(heap.pop(), value);
  assert.is(heap.pop(), undefined);
});

test('a pair table agrees with a Map, negative symbols and growth included', () => {
  const random = new Random(42);
  const table = new PairTable(4);
  const map = new Map<string, number>();
  for (let i = 0; i < 20_000; i++) {
    const left = random.int(300) - 100;
    const right = random.int(300) - 100;
    if (random.int(2) === 0) {
      table.set(left, right, i);
      map.set(`${left},${right}`, i);
    }
    assert.is(table.get(left, right), map.get(`${left},${right}`) ?? -1);
  }
  for (const [key, value] of map) {
    const [left, right] = key.split(',').map(Number) as [number, number];
    assert.is(table.get(left, right), value);
  }
});

test('which neighbours share a piece', () => {
  const both = (pair: string) => {
    const [left, right] = [...pair].map((character) => character.codePointAt(0)!) as [number, number];
    return joins(left, right);
  };
  for (const pair of [
    '中国',
    '々人',
    '〇年',
    'ab',
    'éa',
    '▁a',
    '▁я',
    'яж',
    'αβ',
    'かカ',
    '한국',
    '……',
    '——',
    '==',
    '𠀀中',
  ]) {
    assert.ok(both(pair), pair);
  }
  for (const pair of [
    '国a',
    'a国',
    '12',
    '１２',
    '年1',
    '▁中',
    '▁1',
    '▁。',
    '▁▁',
    'a▁',
    '。”',
    '\n\n',
    'a\n',
    '\t\t',
    '\0\0',
    'aя',
    '中カ',
    '\u3000\u3000',
  ]) {
    assert.not.ok(both(pair), pair);
  }
});

test('segments: each distinct one once, single characters not at all, every character counted', () => {
  const counter = new SegmentCounter();
  counter.add('中国，中国人。中国');
  counter.add('是2 中国');
  const segments: Record<string, number> = {};
  for (const [i, start] of counter.starts.entries()) {
    const end = counter.codes.indexOf(SEPARATOR, start);
    segments[String.fromCodePoint(...counter.codes.subarray(start, end))] = counter.counts[i]!;
  }
  assert.equal(segments, { 中国: 3, 中国人: 1 });
  assert.is(counter.length, 3 + 4);
  assert.is(counter.characterCounts['中'.codePointAt(0)!], 4);
  assert.is(counter.characterCounts['2'.codePointAt(0)!], 1);
});

test('segments: thousands of them, against a Map', () => {
  const random = new Random(43);
  const counter = new SegmentCounter();
  const map = new Map<string, number>();
  for (let i = 0; i < 30_000; i++) {
    const word = Array.from({ length: 2 + random.int(4) }, () =>
      String.fromCharCode(0x4e00 + random.int(12)),
    ).join('');
    counter.add(word);
    map.set(word, (map.get(word) ?? 0) + 1);
  }
  assert.is(counter.starts.length, map.size);
  for (const [i, start] of counter.starts.entries()) {
    const word = String.fromCodePoint(
      ...counter.codes.subarray(start, counter.codes.indexOf(SEPARATOR, start)),
    );
    assert.is(counter.counts[i], map.get(word), word);
  }
});

test('cleaning: lone surrogates, spaces, dummy prefix', () => {
  assert.is(wellFormed('a\uD83Db\uDE00😀'), 'a\uFFFDb\uFFFD😀');
  assert.is(cleanText(' 你 好', false), '▁你▁好');
  assert.is(cleanText(' 你', true), '▁▁你');
  assert.is(cleanText('', true), '');
  assert.is(cleanText('\0\t\uFEFF', false), '\0\t\uFEFF');
});

test.run();
