import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseJson, prettyJson } from '../../src/formats/json.ts';
import { refuses } from '../data/temporary.ts';

test('written with two spaces and a line end, and read back', () => {
  const value = { b: [1, null], a: '汉' };
  assert.is(prettyJson(value), '{\n  "b": [\n    1,\n    null\n  ],\n  "a": "汉"\n}\n');
  assert.equal(parseJson(prettyJson(value), 'x'), value);
});

test('what is not JSON is refused with the name of the file', () => {
  for (const text of ['', '{', '{"a": NaN}', '<html>'])
    refuses(() => parseJson(text, 'a/config.json'), 'a/config.json is not valid JSON: ');
});

test.run();
