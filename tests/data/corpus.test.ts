import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDocuments } from '../../src/data/corpus.ts';
import { readDialogues } from '../../src/data/dialogues.ts';
import { readQuestions } from '../../src/data/questions.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();
const documents = (name: string, content: string) => [...readDocuments(put(folder, name, content))];

test('.txt: documents end at blank lines, their own lines stay together', () => {
  assert.equal(documents('a.txt', '一\n二\n\n三\n'), ['一\n二', '三']);
  assert.equal(documents('a.txt', '\n\n \t\n一\r\n二\r\n\r\n\r\n三'), ['一\n二', '三']);
  assert.equal(documents('a.TXT', '  一  \n\n'), ['一']);
});

test('.txt: nothing but blanks is no document', () => {
  assert.equal(documents('a.txt', ''), []);
  assert.equal(documents('a.txt', '\n \n\u3000\n'), []);
});

test('.txt: a text without blank lines is cut after about a million characters, at a line end', () => {
  const lines = Array.from({ length: 300 }, (_, i) => `${i} ${'字'.repeat(10_000)}`);
  const found = documents('long.txt', lines.join('\n'));
  assert.ok(found.length >= 2 && found.length <= 4, String(found.length));
  assert.ok(found.join('\n') === lines.join('\n'));
});

test('.jsonl: the field text, or content, or completion', () => {
  const content = '{"text":"一","content":"x"}\n{"content":"二"}\n{"completion":"三"}\n{"text":"  "}\n';
  assert.equal(documents('a.jsonl', content), ['一', '二', '三']);
});

test('.jsonl: lone surrogates and NUL pass', () => {
  assert.equal(documents('a.jsonl', '{"text":"\\ud800a\\u0000"}'), ['\ud800a\0']);
});

test('.jsonl: a line without text is refused with file and line and what it has', () => {
  const path = put(folder, 'bad.jsonl', '{"text":"一"}\n{"title":"二","text":3}\n');
  refuses(() => [...readDocuments(path)], `${path}:2`, '"text" must be a string', 'got 3');
  const other = put(folder, 'bad.jsonl', '{"title":"二","body":"三"}');
  refuses(
    () => [...readDocuments(other)],
    ':1',
    'found: title, body; known are text, or content (and title), or',
  );
  const empty = put(folder, 'bad.jsonl', '{}');
  refuses(() => [...readDocuments(empty)], ':1', 'found: nothing');
});

test('an unknown type of file is refused', () => {
  for (const name of ['a.doc', 'a', 'a.gz', 'a.parquet.gz', 'a.jsonl.zst', '.jsonl/a']) {
    refuses(() => documents(name, 'x'), name, '.txt, .jsonl, .json, .parquet, .tsv or .csv');
  }
});

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

test.run();
