import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readRefusals } from '../../src/data/refusals.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();

test('refusals: a kind and a question', () => {
  const good = { kind: 'weather', question: '明天会下雨吗？' };
  const path = put(folder, 'r.jsonl', `${JSON.stringify({ id: 'r:1', ...good })}\n`);
  assert.equal(readRefusals(path), [good]);
  for (const field of ['kind', 'question']) {
    put(folder, 'r.jsonl', `${JSON.stringify(good)}\n\n${JSON.stringify({ ...good, [field]: 0 })}\n`);
    refuses(() => readRefusals(path), `${path}:3`, `"${field}" must be a string`);
  }
});

test.run();
