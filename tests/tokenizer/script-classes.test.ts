/** Which characters may share a piece. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { joins } from '../../src/tokenizer/script-classes.ts';

test('which neighbours share a piece', () => {
  const both = (pair: string) => {
    const [left, right] = [...pair].map((character) => character.codePointAt(0)!) as [number, number];
    return joins(left, right);
  };
  for (const pair of [
    '中国',
    '々人',
    '〇年',
    'ab',
    'éa',
    '▁a',
    '▁я',
    'яж',
    'αβ',
    'かカ',
    '한국',
    '……',
    '——',
    '==',
    '𠀀中',
  ]) {
    assert.ok(both(pair), pair);
  }
  for (const pair of [
    '国a',
    'a国',
    '12',
    '１２',
    '年1',
    '▁中',
    '▁1',
    '▁。',
    '▁▁',
    'a▁',
    '。”',
    '\n\n',
    'a\n',
    '\t\t',
    '\0\0',
    'aя',
    '中カ',
    '\u3000\u3000',
  ]) {
    assert.not.ok(both(pair), pair);
  }
});

test('digits of every script stand alone, also beside themselves', () => {
  for (const zero of ['0', '０', '٠', '०', '๐', '𝟎'])
    for (const other of [zero, '1', '１', 'a', '年', '▁', '.']) {
      const [a, b] = [zero.codePointAt(0)!, other.codePointAt(0)!];
      assert.equal([joins(a, b), joins(b, a)], [false, false], `${zero}${other}`);
    }
});

test.run();
