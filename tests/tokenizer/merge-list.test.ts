/** Every way to cut a piece into two symbols. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeVocabulary } from '../../src/tokenizer/index.ts';
import { normalIds, splitsOf } from '../../src/tokenizer/merge-list.ts';

const vocabulary = makeVocabulary(['中国', '国人', '中国人'], ['中', '国', '😀']); // 人 has no piece
const ids = normalIds(vocabulary);
const id = (text: string) => ids.get(text)!; // the texts above

test('only normal pieces take part', () => {
  assert.equal([...ids.keys()], ['中国', '国人', '中国人', '中', '国', '😀']);
});

test('one merge per cut whose halves are both symbols, shorter left parts first', () => {
  const human = ~'人'.codePointAt(0)!; // a character without a piece
  assert.equal(splitsOf(id('中国人'), '中国人', ids), [
    { left: id('中'), right: id('国人'), merged: id('中国人') },
    { left: id('中国'), right: human, merged: id('中国人') },
  ]);
  assert.equal(splitsOf(id('国人'), '国人', ids), [{ left: id('国'), right: human, merged: id('国人') }]);
  assert.equal(splitsOf(id('中'), '中', ids), []);
  assert.equal(
    splitsOf(7, '国人国', ids),
    [{ left: id('国人'), right: id('国'), merged: 7 }],
    '人国 is not a symbol',
  );
});

test('a character of two UTF-16 units is never cut', () => {
  assert.equal(splitsOf(7, '😀国', ids), [{ left: id('😀'), right: id('国'), merged: 7 }]);
});

test.run();
