import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readMinimalPairs } from '../../src/data/minimal-pairs.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();

test('pairs with their kind; a field that is missing is refused with its place', () => {
  const pair = { kind: 'measure-word', good: '一头牛', bad: '一封牛' };
  const path = put(folder, 'pairs.jsonl', `${JSON.stringify({ ...pair, note: 1 })}\n`);
  assert.equal(readMinimalPairs(path), [pair]);
  for (const field of ['kind', 'good', 'bad']) {
    put(
      folder,
      'pairs.jsonl',
      `${JSON.stringify(pair)}\n${JSON.stringify({ ...pair, [field]: undefined })}\n`,
    );
    refuses(() => readMinimalPairs(path), `${path}:2`, `"${field}" must be a string`);
  }
});

test.run();
