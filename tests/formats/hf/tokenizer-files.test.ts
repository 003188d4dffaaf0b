import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bytesOf, type FileMap, textOf } from '../../../src/formats/file-map.ts';
import { decodeTokenizer, encodeTokenizer, tokenizerFile } from '../../../src/formats/hf/tokenizer-files.ts';
import { refuses } from '../../data/temporary.ts';
import { tinyTokenizer } from '../../training/tiny.ts';

const text = '中国的首都是北京。\0龙😀 the end';
const files = encodeTokenizer(tinyTokenizer, 77);
const without = (...names: string[]): FileMap => {
  const rest = new Map(files);
  for (const name of names) rest.delete(name);
  return rest;
};

test('four files, which give the same ids back, as texts and as bytes', () => {
  assert.equal(
    [...files.keys()],
    ['tokenizer.json', 'tokenizer.model', 'tokenizer_config.json', 'tokenization_tiny_llm.py'],
  );
  assert.equal(decodeTokenizer(files, 'here').encode(text), tinyTokenizer.encode(text));
  const bytes = new Map([...files.keys()].map((name) => [name, bytesOf(files, name, 'here')]));
  assert.equal(decodeTokenizer(bytes, 'here').encode(text), tinyTokenizer.encode(text));
});

test('tokenizer_config.json names the file beside it and the longest text', () => {
  const config = JSON.parse(textOf(files, 'tokenizer_config.json', 'here')) as Record<string, unknown>;
  assert.is(config.model_max_length, 77);
  const [name] = (config.auto_map as { AutoTokenizer: string[] }).AutoTokenizer;
  assert.ok(files.has(`${name!.split('.')[0]}.py`));
});

test('tokenizer.model serves where there is no tokenizer.json', () => {
  assert.is(
    tokenizerFile((name) => files.has(name)),
    'tokenizer.json',
  );
  const rest = without('tokenizer.json');
  assert.is(
    tokenizerFile((name) => rest.has(name)),
    'tokenizer.model',
  );
  assert.equal(decodeTokenizer(rest, 'here').encode(text), tinyTokenizer.encode(text));
  const none = without('tokenizer.json', 'tokenizer.model');
  refuses(() => decodeTokenizer(none, 'here'), 'Cannot read here/tokenizer.model: there is no such file');
});

test('a broken tokenizer.json is refused by its name, even with a whole tokenizer.model beside it', () => {
  const broken = new Map(files).set('tokenizer.json', '{"model"');
  refuses(() => decodeTokenizer(broken, 'here'), 'here/tokenizer.json', 'not valid JSON');
});

test.run();
