/** Files in other encodings are known by what they hold, and the sentence says how to convert them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { adviceOnEncoding, encodingOf } from '../../../src/data/bytes/encoding.ts';
import { readLines } from '../../../src/data/bytes/lines.ts';
import { Random } from '../../../src/tensor/index.ts';
import { put, refuses, temporaryFolder } from '../../data/temporary.ts';

const folder = temporaryFolder();
/** 人有悲欢离合，月有阴晴圆缺。 in GBK, 人有悲歡離合，月有陰晴圓缺。 in Big5. */
const gbk = Buffer.from('c8cbd3d0b1afbbb6c0ebbacfa3acd4c2d3d0d2f5c7e7d4b2c8b1a1a3', 'hex');
const big5 = Buffer.from(
  'a448a6b3b464c577c2f7a658a141a4ebb6b3b3b1b4b8b6eaaf CAa143'.replace(/ /g, ''),
  'hex',
);

test('GBK, Big5, UTF-16 and binary files are told apart', () => {
  assert.is(new TextDecoder('gb18030').decode(gbk), '人有悲欢离合，月有阴晴圆缺。');
  assert.equal(encodingOf(gbk), ['GBK', 'gb18030']);
  assert.equal(encodingOf(big5), ['Big5', 'big5']);
  const utf16 = Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from('人有悲欢离合', 'utf16le')]);
  assert.equal(encodingOf(utf16), ['UTF-16', 'utf-16']);
  const unmarked = Buffer.from('人有悲欢离合，月有阴晴圆缺。\n此事古难全。', 'utf16le');
  assert.equal(encodingOf(unmarked.subarray(0, 20), unmarked), ['UTF-16', 'utf-16le']);
  assert.equal(encodingOf(Buffer.from(unmarked).swap16()), ['UTF-16', 'utf-16be']);
  const random = new Random(2);
  const noise = Uint8Array.from({ length: 4000 }, () => random.int(256));
  assert.is(encodingOf(noise), 'binary');
  assert.is(encodingOf(Buffer.from('déjà vu', 'latin1')), null);
});

test('the sentence names the encoding and the command', () => {
  assert.match(
    adviceOnEncoding(gbk),
    /^ but looks like GBK; convert the file first: iconv -f gb18030 -t utf-8$/,
  );
  const text = put(folder, 'gbk.txt', Buffer.concat([Buffer.from('abc\n'), gbk, Buffer.from('\n')]));
  refuses(
    () => [...readLines(text)],
    `${text}:2: this line is not UTF-8 but looks like GBK; convert the file first`,
  );
  const png = put(
    folder,
    'png.txt',
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48),
  );
  refuses(() => [...readLines(png)], `${png}:1: this line is not UTF-8; the file looks binary`);
});

test.run();
