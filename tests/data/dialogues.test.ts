import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDialogues } from '../../src/data/dialogues.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();

const user = { role: 'user', content: '你好' };
const assistant = { role: 'assistant', content: '你好！' };

test('dialogues: lists of messages, and question with answer', () => {
  const path = put(
    folder,
    'sft.jsonl',
    `${JSON.stringify({ messages: [{ role: 'system', content: '' }, user, assistant] })}\n\n{"question":"几？","answer":"一"}\n`,
  );
  assert.equal(
    [...readDialogues(path)],
    [
      { messages: [{ role: 'system', content: '' }, user, assistant], place: `${path}:1` },
      {
        messages: [
          { role: 'user', content: '几？' },
          { role: 'assistant', content: '一' },
        ],
        place: `${path}:3`,
      },
    ],
  );
});

test('dialogues: every kind of wrong record is refused with its place', () => {
  const cases: [unknown, string][] = [
    [{ prompt: 'a' }, 'known are messages, or question + answer, or'],
    [{ question: 'a' }, 'no dialogue can be made of the fields found: question;'],
    [{ question: 'a', answer: 2 }, '"answer" must be a string'],
    [{ question: 1, answer: 'b' }, '"question" must be a string'],
    [{ messages: 'hello' }, '"messages" must be a list'],
    [{ messages: null }, '"messages" must be a list'],
    [{ messages: [user, { role: 'robot', content: 'a' }] }, 'message 2 of "messages" needs a role'],
    [{ messages: [user, { role: 'assistant' }] }, 'message 2 of "messages" needs a role'],
    [{ messages: [user, { role: 'assistant', content: 5 }] }, 'message 2 of "messages" needs a role'],
    [{ messages: [null] }, 'message 1 of "messages" needs a role'],
    [{ messages: ['a'] }, 'message 1 of "messages" needs a role'],
  ];
  for (const [record, part] of cases) {
    const path = put(folder, 'bad.jsonl', `{"question":"a","answer":"b"}\n${JSON.stringify(record)}\n`);
    refuses(() => [...readDialogues(path)], `${path}:2`, part);
  }
});

test.run();
