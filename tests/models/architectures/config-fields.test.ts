/** Fields of a config.json: what is there, what is missing, what cannot be done. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigFields } from '../../../src/models/architectures/config-fields.ts';
import { text } from '../../../src/schema.ts';
import { refuses } from '../../data/temporary.ts';

const fields = new ConfigFields({ width: 8, none: null, text: 'x', flag: true }, 'config.json');

test('numbers, with a default for what is absent or null', () => {
  assert.is(fields.number('width', 3), 8);
  assert.is(fields.number('depth', 3), 3);
  assert.is(fields.number('none', 3), 3);
  refuses(() => fields.number('depth'), 'config.json: "depth" must be a number, but it is missing');
  refuses(() => fields.number('none'), 'config.json: "none" must be a number, but it is missing');
  refuses(() => fields.number('text', 3), 'config.json: "text" must be a number, but it is "x"');
  assert.is(fields.count('width'), 8);
  for (const count of [0, -1, 1.5, 2 ** 53])
    refuses(() => new ConfigFields({ count }, 'x').count('count', 1), 'x: "count" must be a whole number');
  assert.is(fields.read('text', text(), 'y'), 'x');
  assert.is(fields.read('depth', text(), 'y'), 'y');
});

test('what all objects inherit is not a field', () => {
  assert.is(fields.get('constructor'), undefined);
  assert.is(fields.number('toString', 3), 3);
});

test('a feature is refused by its name and its value, unless it is absent, null or the one that can be done', () => {
  fields.only('flag', true);
  fields.only('none', 1);
  fields.only('depth', 1);
  refuses(() => fields.only('flag', false), 'config.json: flag (flag true) is not supported');
  refuses(() => fields.only('text', 'y', 'this text'), 'this text (text "x") is not supported');
});

test('null is as good as absent', () => {
  assert.is(fields.get('none'), undefined);
  assert.is(fields.get('flag'), true);
});

test.run();
