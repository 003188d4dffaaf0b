import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readQuestions, readSums } from '../../src/data/questions.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();

test('questions: all four fields, and at least one accepted sentence', () => {
  const good = { relation: 'r', question: 'q', answer: 'a', accepted: ['a。'] };
  const path = put(folder, 'q.jsonl', `${JSON.stringify(good)}\n`);
  assert.equal(readQuestions(path), [good]);
  const cases: [object, string][] = [
    [{ ...good, accepted: [] }, '"accepted" must be a list'],
    [{ ...good, accepted: 'a' }, '"accepted" must be a list'],
    [{ ...good, accepted: ['a', 1] }, '"accepted" must be a list'],
    [{ ...good, relation: 1 }, '"relation" must be a string'],
    [{ ...good, question: undefined }, '"question" must be a string'],
    [{ ...good, answer: null }, '"answer" must be a string'],
  ];
  for (const [record, part] of cases) {
    put(folder, 'q.jsonl', `${JSON.stringify(good)}\n${JSON.stringify(record)}\n`);
    refuses(() => readQuestions(path), `${path}:2`, part);
  }
});

test('sums: the same without a relation', () => {
  const sum = { question: '8+5等于几？', answer: '13', accepted: ['8+5=13。'] };
  const path = put(folder, 'sums.jsonl', `${JSON.stringify({ id: 'sum:1', ...sum })}\n`);
  assert.equal(readSums(path), [{ relation: 'sum', ...sum }]);
  put(folder, 'sums.jsonl', JSON.stringify({ ...sum, answer: 13 }));
  refuses(() => readSums(path), `${path}:1`, '"answer" must be a string');
});

test.run();
