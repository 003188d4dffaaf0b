import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readLines } from '../../../src/data/bytes/lines.ts';
import { put, refuses, temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const linesOf = (content: string | Uint8Array) => [...readLines(put(folder, 'lines.txt', content))];
const textsOf = (content: string | Uint8Array) => linesOf(content).map(({ text }) => text);

test('lines end with \\n or \\r\\n, the last one with either or nothing', () => {
  assert.equal(textsOf('一\n二\r\n三'), ['一', '二', '三']);
  assert.equal(textsOf('一\n二\n'), ['一', '二']);
  assert.equal(textsOf('a\n\n\nb\r\n\r\n'), ['a', '', '', 'b', '']);
  assert.equal(textsOf('a\rb\n'), ['a\rb']);
  assert.equal(textsOf(''), []);
  assert.equal(textsOf('\n'), ['']);
  assert.equal(
    linesOf('a\n\nb').map(({ number }) => number),
    [1, 2, 3],
  );
});

test('a byte order mark is dropped at the start of the file and nowhere else', () => {
  assert.equal(textsOf('\uFEFF你好\n\uFEFF再见'), ['你好', '\uFEFF再见']);
});

test('NUL and U+2028 are characters like any other', () => {
  assert.equal(textsOf('a\0b\nc\u2028d'), ['a\0b', 'c\u2028d']);
});

test('a chunk border inside a character, a line end or right after one changes nothing', () => {
  const chunk = 1 << 20;
  for (const ascii of [chunk - 1, chunk - 2, chunk - 3, chunk, chunk + 1, 2 * chunk - 1]) {
    const long = 'x'.repeat(ascii);
    assert.equal(textsOf(`${long}汉字😀\n终`), [`${long}汉字😀`, '终'], String(ascii));
    assert.equal(textsOf(`${long}\r\n终\n`), [long, '终'], String(ascii));
  }
});

test('a line of 10 MB', () => {
  const line = '长'.repeat(3_500_000);
  const lines = linesOf(`短\n${line}\n尾`);
  assert.is(lines.length, 3);
  assert.ok(lines[1]!.text === line);
  assert.equal(lines[2], { text: '尾', number: 3 });
});

test('bytes that are not UTF-8 are refused with file and line', () => {
  const gbk = Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3); // 你好
  const cases: [string, Uint8Array][] = [
    ['GBK', gbk],
    ['a character cut off', Uint8Array.of(0x61, 0xe4, 0xbd)],
    ['a surrogate', Uint8Array.of(0xed, 0xa0, 0x80)],
    ['UTF-16 with its mark', Uint8Array.of(0xff, 0xfe, 0x60, 0x4f)],
    ['an overlong form', Uint8Array.of(0xc0, 0x80)],
  ];
  for (const [what, bytes] of cases) {
    const path = put(folder, 'bad.txt', Buffer.concat([Buffer.from('好\n\n'), bytes]));
    refuses(() => [...readLines(path)], `${path}:3`, 'not UTF-8', 'iconv');
    assert.ok(what);
  }
});

test('a line longer than the limit is a sentence, one just as long is not', () => {
  const chunk = 1 << 20;
  const lines = put(folder, 'long.txt', `短\n${'长'.repeat(chunk)}\n`);
  refuses(() => [...readLines(lines, 2 * chunk)], 'long.txt:2', 'longer than 2,097,152 bytes');
  assert.is([...readLines(lines, 4 * chunk)].length, 2);
});

test.run();
