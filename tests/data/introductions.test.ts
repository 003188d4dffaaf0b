import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readIntroductions } from '../../src/data/introductions.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();

test('introductions: a subject, a request, and at least one true statement', () => {
  const good = { subject: '猫', question: '介绍一下猫。', statements: ['猫有四条腿。', '猫爱吃鱼。'] };
  const path = put(folder, 'i.jsonl', `${JSON.stringify({ id: 'i:1', ...good })}\n`);
  assert.equal(readIntroductions(path), [good]);
  const cases: [object, string][] = [
    [{ ...good, subject: null }, '"subject" must be a string'],
    [{ ...good, question: 1 }, '"question" must be a string'],
    [{ ...good, statements: [] }, '"statements" must be a list of at least one sentence'],
    [{ ...good, statements: '猫有四条腿。' }, '"statements" must be a list of at least one sentence'],
  ];
  for (const [record, part] of cases) {
    put(folder, 'i.jsonl', `${JSON.stringify(good)}\n${JSON.stringify(record)}\n`);
    refuses(() => readIntroductions(path), `${path}:2`, part);
  }
});

test.run();
