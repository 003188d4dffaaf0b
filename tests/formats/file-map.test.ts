import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bytesOf, type Files, pathIn, textOf } from '../../src/formats/file-map.ts';
import { refuses } from '../data/temporary.ts';

const files: Files = new Map<string, Uint8Array | string>([
  ['text', '汉字'],
  ['bytes', Uint8Array.of(0xe6, 0xb1, 0x89)],
  ['marked', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b)],
  ['empty', ''],
]);

test('a text is read as bytes, bytes as a text, each also as what it is', () => {
  assert.is(textOf(files, 'text', 'd'), '汉字');
  assert.equal([...bytesOf(files, 'text', 'd')], [0xe6, 0xb1, 0x89, 0xe5, 0xad, 0x97]);
  assert.is(textOf(files, 'bytes', 'd'), '汉');
  assert.is(bytesOf(files, 'bytes', 'd'), files.get('bytes'), 'not copied');
  assert.is(textOf(files, 'marked', 'd'), '{', 'a byte order mark is not part of the text');
});

test('an empty file is there, a missing one is named with its directory', () => {
  assert.is(textOf(files, 'empty', 'd'), '');
  assert.is(bytesOf(files, 'empty', 'd').length, 0);
  refuses(() => textOf(files, 'none', 'runs/a'), 'Cannot read runs/a/none: there is no such file');
  refuses(() => bytesOf(files, 'none', 'runs/a/'), 'Cannot read runs/a/none: there is no such file');
});

test('a path has one slash, whatever the directory ends in', () => {
  assert.equal(
    ['a', 'a/', 'a//', '/', '.'].map((directory) => pathIn(directory, 'x')),
    ['a/x', 'a/x', 'a/x', '/x', './x'],
  );
});

test('bytes that are no text are refused by the name of the file', () => {
  const damaged: Files = new Map([['config.json', Uint8Array.of(0x7b, 0xff, 0x7d)]]);
  refuses(() => textOf(damaged, 'config.json', 'runs/a'), 'runs/a/config.json is not UTF-8');
});

test.run();
