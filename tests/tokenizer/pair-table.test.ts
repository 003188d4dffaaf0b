/** The hash table of pairs against a Map. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../src/tensor/random.ts';
import { PairTable } from '../../src/tokenizer/pair-table.ts';

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

test.run();
