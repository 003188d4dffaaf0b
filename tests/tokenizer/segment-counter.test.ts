/** The distinct segments of a corpus and how often each occurs. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../src/tensor/random.ts';
import { SEPARATOR, SegmentCounter } from '../../src/tokenizer/segment-counter.ts';

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

test.run();
