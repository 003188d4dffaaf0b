import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isLearnable, readDialogues } from '../../src/data/dialogues.ts';
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

test('a dialogue teaches something if nobody is silent and the assistant speaks; roles out of order are refused', () => {
  const system = { role: 'system', content: '' } as const;
  const [asks, says] = [{ ...user, role: 'user' } as const, { ...assistant, role: 'assistant' } as const];
  const learnable = (...messages: Parameters<typeof isLearnable>[0]['messages']) =>
    isLearnable({ messages, place: 'a.jsonl:7' });
  assert.ok(learnable(asks, says) && learnable(system, asks, says) && learnable(asks, says, asks));
  assert.not.ok(learnable(asks));
  assert.not.ok(learnable(asks, { ...says, content: ' \n' }));
  assert.not.ok(learnable({ ...asks, content: '\u3000' }, says));
  refuses(() => learnable(says, asks), 'a.jsonl:7: conversation: message 1', 'must be from user');
  refuses(() => learnable(asks, system), 'a.jsonl:7', 'message 2');
});

test.run();
