import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readJsonl } from '../../../src/data/formats/jsonl.ts';
import { stringField } from '../../../src/data/formats/record.ts';
import { put, refuses, temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();

test('JSON Lines: objects with their places, blank lines skipped', () => {
  const path = put(folder, 'a.jsonl', '{"text":"一"}\n\n  \n{"text":"\\ud800","n":1}\r\n');
  const records = [...readJsonl(path)];
  assert.equal(records, [
    { value: { text: '一' }, place: `${path}:1` },
    { value: { text: '\ud800', n: 1 }, place: `${path}:4` },
  ]);
  assert.is(stringField(records[0]!, 'text'), '一');
});

test('JSON Lines: what is not an object is refused with file and line', () => {
  for (const bad of ['{"text": ', '{"a":1} {"b":2}', "{'text': 1}", '{"text":"a\tb"}']) {
    const path = put(folder, 'bad.jsonl', `{}\n{}\n${bad}\n`);
    refuses(() => [...readJsonl(path)], `${path}:3`, 'not valid JSON');
  }
  for (const bad of ['[1]', '"text"', '12', 'null']) {
    const path = put(folder, 'bad.jsonl', `{}\n${bad}\n`);
    refuses(() => [...readJsonl(path)], `${path}:2`, 'expected a JSON object', bad);
  }
});

test.run();
