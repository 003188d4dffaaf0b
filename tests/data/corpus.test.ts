import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDocuments } from '../../src/data/corpus.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();
const documents = (name: string, content: string) => [...readDocuments(put(folder, name, content))];

test('.txt: documents end at blank lines, their own lines stay together', () => {
  assert.equal(documents('a.txt', '一\n二\n\n三\n'), ['一\n二', '三']);
  assert.equal(documents('a.txt', '\n\n \t\n一\r\n二\r\n\r\n\r\n三'), ['一\n二', '三']);
  assert.equal(documents('a.TXT', '  一  \n\n'), ['一']);
});

test('.txt: nothing but blanks makes no document', () => {
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

test.run();
