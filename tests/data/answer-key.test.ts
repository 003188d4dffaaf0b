import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readAnswerKey } from '../../src/data/answer-key.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();
const fact = {
  relation: 'capital',
  subject: '法国',
  answer: '巴黎',
  accepted: ['巴黎。'],
  questions: ['哪里？'],
};
const written = (...facts: object[]) =>
  put(folder, 'key.jsonl', facts.map((one) => `${JSON.stringify(one)}\n`).join(''));

test('facts with their fields; an empty answer is one, other fields are not read', () => {
  const unknown = { ...fact, answer: '', questions: ['谁？'] };
  assert.equal(readAnswerKey(written(fact, { ...unknown, note: 1 })), [fact, unknown]);
});

test('a broken fact is refused with its place and field', () => {
  for (const [change, part] of [
    [{ relation: 1 }, '"relation" must be a string'],
    [{ subject: null }, '"subject" must be a string'],
    [{ answer: undefined }, '"answer" must be a string'],
    [{ accepted: [] }, '"accepted" must be a list of at least one text'],
    [{ questions: ['a', 1] }, '"questions" must be a list of at least one text'],
  ] as const) {
    const path = written(fact, { ...fact, ...change });
    refuses(() => readAnswerKey(path), `${path}:2`, part);
  }
});

test('a question with two answers is refused with both places, the same answer twice is not; a key of nothing is', () => {
  refuses(
    () => readAnswerKey(written(fact, { ...fact, answer: '里昂' })),
    'key.jsonl:2',
    '"哪里？"',
    'key.jsonl:1',
  );
  assert.is(readAnswerKey(written(fact, fact)).length, 2);
  refuses(() => readAnswerKey(written()), 'key.jsonl holds no fact');
});

test.run();
