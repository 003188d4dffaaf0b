import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NOT_UTF8, utf8Decoder } from '../../../src/data/bytes/utf8.ts';

test('text or null, never a replacement character; a byte order mark stays', () => {
  const decode = utf8Decoder();
  assert.is(decode(Buffer.from('\uFEFF汉😀\0')), '\uFEFF汉😀\0');
  assert.is(decode(Uint8Array.of(0xc4, 0xe3)), null);
  assert.is(decode(Uint8Array.of(0xe6, 0xb1)), null);
  assert.is(decode(Buffer.from('好')), '好', 'what came before is forgotten');
  assert.match(NOT_UTF8, /^not UTF-8; .*iconv/);
});

test.run();
