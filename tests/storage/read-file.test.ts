import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readBytes, readText } from '../../src/storage/read-file.ts';
import { put, refuses, temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();

test('bytes as they are, text without a byte order mark', () => {
  const path = put(folder, 'a.txt', '\uFEFF汉\r\n');
  assert.equal([...readBytes(path)], [0xef, 0xbb, 0xbf, 0xe6, 0xb1, 0x89, 13, 10]);
  assert.is(readText(path), '汉\r\n');
});

test('what cannot be read is one sentence', () => {
  refuses(() => readBytes(`${folder}/none`), `Cannot read ${folder}/none: there is no such file`);
  refuses(() => readText(folder), `Cannot read ${folder}: it is a directory`);
});

test.run();
