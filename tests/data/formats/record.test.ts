import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ownField, parseObject, show, stringField, textField } from '../../../src/data/formats/record.ts';
import { refuses } from '../temporary.ts';

test('a field of another type is refused with what was found', () => {
  const record = { value: { a: 3, b: null }, place: 'f.jsonl:7' };
  refuses(() => stringField(record, 'a'), 'f.jsonl:7', '"a"', 'got 3');
  refuses(() => stringField(record, 'b'), 'got null');
  refuses(() => stringField(record, 'c'), 'got nothing');
});

test('a text field that is missing or null is empty, of another type an error', () => {
  const record = { value: { a: '一', b: null, c: 3 }, place: 'f.json: record 2' };
  assert.equal([textField(record, 'a'), textField(record, 'b'), textField(record, 'none')], ['一', '', '']);
  refuses(() => textField(record, 'c'), 'f.json: record 2: the field "c" must be a string, got 3');
});

test('what all objects inherit is not a field', () => {
  assert.is(ownField({ a: 1 }, 'toString'), undefined);
  assert.is(ownField(JSON.parse('{"toString":2}'), 'toString'), 2);
});

test('a piece of JSON that is not an object is refused by its name', () => {
  assert.equal(parseObject('{"a":[1]}', 'f:1', 'this line'), { a: [1] });
  refuses(() => parseObject('{"a"', 'f:1', 'this line'), 'f:1: this line is not valid JSON');
  refuses(() => parseObject('[1]', 'f:1', 'this line'), 'f:1: expected a JSON object, got [1]');
});

test('values in a sentence: as JSON, cut after 60 characters, and never an error', () => {
  assert.equal([undefined, 3, 10n, null, 'a', [1]].map(show), ['nothing', '3', '10', 'null', '"a"', '[1]']);
  assert.is(show('x'.repeat(99)), `"${'x'.repeat(59)}...`);
  assert.is(show({ n: 10n }), 'object');
});

test.run();
