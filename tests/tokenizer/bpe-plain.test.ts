/**
 * The plain form of byte pair encoding: its own example, ties, bounds, and what makes it stop. (bpe-trainer.test.ts holds the
 * trainer to it.)
 */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { learnPieces } from '../../src/tokenizer/bpe-plain.ts';

test('the example in the header is what happens', () => {
  const source = readFileSync(new URL('../../src/tokenizer/bpe-plain.ts', import.meta.url), 'utf8');
  const [, call, result] = /Example: (learnPieces\(.*\)) {2}-> {2}(\[.*\])/.exec(source)!;
  const run = (expression: string) => new Function('learnPieces', `return ${expression}`)(learnPieces);
  assert.ok(run(result!).length > 1);
  assert.equal(run(call!), run(result!));
});

test('the most frequent pair first, counted anew after every merge', () => {
  const words = ['你好', '你好', '你好', '好吗', '好吗', '你好吗'];
  assert.equal(learnPieces(words, 9), ['你好', '好吗']); // 你+好 4, 好+吗 3; then 好+吗 2, 你好+吗 1
  assert.equal(learnPieces(words, 1), ['你好']);
  assert.equal(learnPieces(words, 9, { minPairCount: 1 }), ['你好', '好吗', '你好吗']);
});

test('of equally frequent pairs the one with the older symbols wins', () => {
  const words = ['ab', 'cd', 'ab', 'cd'];
  assert.equal(learnPieces(words, 1), ['ab']);
  assert.equal(learnPieces(words, 1, { characters: ['d', 'c', 'b', 'a'] }), ['cd']);
});

test('a run merges from the left, and overlapping pairs all count', () => {
  // a+a 8 times -> aa aa a; then aa+a and aa+aa both 2: the character is older than the piece.
  assert.equal(learnPieces(['aaaaa', 'aaaaa'], 9), ['aa', 'aaa', 'aaaaa']);
});

test('no piece is longer than allowed, nothing is learned from nothing', () => {
  assert.equal(learnPieces(['abcd', 'abcd'], 9, { maxPieceLength: 2 }), ['ab', 'cd']);
  assert.equal(learnPieces([], 9), []);
  assert.equal(learnPieces(['a', 'b', 'c'], 9), []);
});

test.run();
