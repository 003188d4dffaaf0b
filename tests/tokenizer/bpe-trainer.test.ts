import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { Random } from '../../src/tensor/random.ts';
import { learnPieces } from '../../src/tokenizer/bpe-plain.ts';
import {
  cleanText,
  FIRST_PIECE_ID,
  Tokenizer,
  type TrainOptions,
  trainBpe,
  type Vocabulary,
} from '../../src/tokenizer/index.ts';
import { joins } from '../../src/tokenizer/script-classes.ts';
import { wordsOf } from './naive.ts';
import { sampleDocuments } from './sample.ts';

/** The texts of the pieces after specials and bytes. */
function learned(vocabulary: Vocabulary): string[] {
  return vocabulary.pieces.slice(FIRST_PIECE_ID).map((piece) => piece.text);
}

/** Trains for `nPieces` pieces after the bytes, merged ones and characters together. */
function train(documents: Iterable<string>, nPieces: number, options: Partial<TrainOptions> = {}): string[] {
  return learned(
    trainBpe(documents, { characterCoverage: 1, ...options, vocabSize: FIRST_PIECE_ID + nPieces }),
  );
}

function times(n: number, text: string): string[] {
  return new Array<string>(n).fill(text);
}

test('merges computed by hand: 你好 x3, 好吗 x2, 你好吗 x1', () => {
  const documents = [...times(3, '你好'), ...times(2, '好吗'), '你好吗'];
  // Characters by frequency: 好 6, 你 4, 吗 3, and ▁, which is always there. Pairs: 你+好 4, 好+吗 3; after 你好: 好+吗 2, 你好+吗 1.
  assert.equal(train(documents, 6), ['你好', '好吗', '好', '你', '吗', '▁']);
  assert.equal(train(documents, 7, { minPairCount: 1 }), ['你好', '好吗', '你好吗', '好', '你', '吗', '▁']);
});

test('equal counts: the older left symbol first, then the older right one', () => {
  assert.equal(train(['cd', 'ab', 'cd', 'ab'], 7).slice(0, 2), ['ab', 'cd']);
  assert.equal(train(['bc', 'ba', 'bc', 'ba'], 6).slice(0, 2), ['ba', 'bc']);
  // A run: a+a 8 times (overlaps counted) -> aa aa a; then aa+a and aa+aa both 2: the character is older than the piece.
  assert.equal(train(['aaaaa', 'aaaaa'], 5).slice(0, 3), ['aa', 'aaa', 'aaaaa']);
});

test('random texts full of ties: the pieces of bpe-plain.ts, in its order', () => {
  const random = new Random(3);
  let differsFromWrongTies = 0;
  for (let round = 0; round < 60; round++) {
    const alphabet = [...'aab你好……▁1'].slice(0, 2 + random.int(8));
    const documents = Array.from({ length: 1 + random.int(12) }, () =>
      Array.from({ length: random.int(30) }, () => random.pick(alphabet)).join(''),
    );
    documents.push(...times(2, alphabet.join('')));
    const options = { minPairCount: 1 + random.int(2), maxPieceLength: 2 + random.int(15) };
    const most = largest(documents, options);
    const all = learned(trainBpe(documents, { ...options, characterCoverage: 1, vocabSize: most }));
    const characters = all.filter((text) => [...text].length === 1);
    const merged = all.filter((text) => [...text].length > 1);
    const words = wordsOf(documents);
    assert.equal(merged, learnPieces(words, 1000, { ...options, characters }), JSON.stringify(documents));
    const wrong = learnPieces(words, 1000, { ...options, characters: characters.toReversed() });
    if (JSON.stringify(wrong) !== JSON.stringify(merged)) differsFromWrongTies++;
  }
  assert.ok(differsFromWrongTies > 10, 'negative control: other tie-breaking must show');
});

test('the first lines of the shipped corpus: the pieces of bpe-plain.ts, in its order', () => {
  const text = readFileSync(new URL('../../data/pretrain.txt', import.meta.url), 'utf8');
  const documents = text.split('\n').slice(0, 240);
  const all = train(documents, 900, { shrinkToFit: true, characterCoverage: 1 });
  const characters = all.filter((piece) => [...piece].length === 1);
  const merged = all.filter((piece) => [...piece].length > 1);
  assert.ok(merged.length > 200, `${merged.length} pieces`);
  const words = wordsOf(documents.map((document) => cleanText(document, false)));
  assert.equal(merged, learnPieces(words, merged.length, { characters }));
  const wrong = learnPieces(words, merged.length, { characters: characters.toReversed() });
  assert.not.equal(wrong, merged, 'negative control: ties broken the other way');
});

/** The largest size that the error message of a far too large request allows. */
function largest(documents: readonly string[], options: Partial<TrainOptions>): number {
  try {
    trainBpe(documents, { characterCoverage: 1, ...options, vocabSize: 1_000_000 });
  } catch (error) {
    assert.instance(error, UserError);
    const size = /the largest possible is (\d+)/.exec((error as UserError).message)?.[1];
    return Number(size);
  }
  throw new Error('a million pieces cannot be possible');
}

test('the order of the documents and their number of lines have no influence', () => {
  const documents = sampleDocuments();
  const inOrder = train(documents, 190);
  assert.equal(train(new Random(1).shuffle([...documents]), 190), inOrder);
  assert.equal(train([documents.join('\n')], 190).filter((text) => text !== '\n').length, 189);
});

test('no piece crosses a script border, digits and newlines stay alone, "▁" only leads', () => {
  for (const text of train(sampleDocuments(), 200)) {
    const codes = [...text].map((character) => character.codePointAt(0)!);
    for (let i = 1; i < codes.length; i++) assert.ok(joins(codes[i - 1]!, codes[i]!), text);
    if (codes.length > 1) assert.not.match(text, /[0-9\n]|.▁|^▁[^a-z]/i);
  }
  const pieces = train(sampleDocuments(), 200);
  for (const text of ['▁the', '今年', '……', '——']) assert.ok(pieces.includes(text), text);
});

test('maxPieceLength bounds every piece', () => {
  const pieces = train(sampleDocuments(), 180, { maxPieceLength: 3 });
  assert.is(Math.max(...pieces.map((text) => [...text].length)), 3);
});

test('characterCoverage leaves rare characters to the bytes', () => {
  const documents = [...times(99, '你'), '龙'];
  assert.equal(
    learned(
      trainBpe([...documents, '你你', '你你'], { vocabSize: FIRST_PIECE_ID + 3, characterCoverage: 0.98 }),
    ),
    ['你你', '你', '▁'],
  );
});

test('a vocabulary larger than the corpus allows is refused with the largest possible size, which then works', () => {
  const documents = [...times(3, '你好'), ...times(2, '好吗')];
  const size = largest(documents, {});
  assert.is(size, FIRST_PIECE_ID + 4 + 2);
  assert.is(trainBpe(documents, { vocabSize: size, characterCoverage: 1 }).pieces.length, size);
  assert.is(
    trainBpe(documents, { vocabSize: 5000, characterCoverage: 1, shrinkToFit: true }).pieces.length,
    size,
  );
  assert.throws(
    () => trainBpe(documents, { vocabSize: size + 1, characterCoverage: 1 }),
    (error: Error) => error instanceof UserError && error.message.includes(`largest possible is ${size}`),
  );
});

test('shrinkToFit: too small for the characters, the most frequent keep a piece and every text stays encodable', () => {
  const vocabulary = trainBpe(sampleDocuments(), { vocabSize: FIRST_PIECE_ID + 40, shrinkToFit: true });
  const pieces = learned(vocabulary);
  assert.is(pieces.length, 40);
  assert.is(pieces.filter((text) => [...text].length === 1).length, 30);
  assert.ok(pieces.includes('▁') && pieces.includes('的'));
  const tokenizer = new Tokenizer(vocabulary);
  for (const text of sampleDocuments()) assert.is(tokenizer.decode(tokenizer.encode(text)), text);
});

test('unusable input is one sentence: empty corpus, no room for the characters, impossible options', () => {
  const fails = (documents: string[], options: TrainOptions, message: RegExp) =>
    assert.throws(
      () => trainBpe(documents, options),
      (error: Error) => error instanceof UserError && message.test(error.message),
    );
  fails([], { vocabSize: 300 }, /corpus is empty/);
  fails(['', ''], { vocabSize: 300 }, /corpus is empty/);
  fails(['\0'], { vocabSize: 300 }, /corpus is empty/);
  fails(sampleDocuments(), { vocabSize: 270 }, /ask for at least \d+/);
  fails(['你好'], { vocabSize: 262 }, /above 262/);
  fails(['你好'], { vocabSize: 300.5 }, /whole number/);
  fails(['你好'], { vocabSize: 300, characterCoverage: 0 }, /coverage/);
  fails(['你好'], { vocabSize: 300, maxPieceLength: 0 }, /longest piece/);
  fails(['你好'], { vocabSize: 300, minPairCount: 0 }, /pair count/);
});

test('lone surrogates count as U+FFFD, NUL never becomes a piece', () => {
  const pieces = train(['\uD800\0\uDC00', 'ab', 'ab'], 5);
  assert.equal(pieces, ['ab', 'a', 'b', '\uFFFD', '▁']);
});

test('a single line of a million characters trains without recursion and within linear memory', () => {
  const random = new Random(5);
  const words = Array.from({ length: 300 }, () =>
    String.fromCharCode(0x4e00 + random.int(200), 0x4e00 + random.int(200), 0x4e00 + random.int(200)),
  );
  let line = '';
  while (line.length < 1_000_000) line += random.pick(words);
  let calls = 0;
  const vocabulary = trainBpe([line], {
    vocabSize: 800,
    onProgress: (phase) => (calls += phase === 'merging' ? 1 : 0),
  });
  assert.is(vocabulary.pieces.length, 800);
  assert.ok(calls > 200 && calls < 538);
  assert.is(new Tokenizer(vocabulary).vocabSize, 800);
});

test('any options on small corpora: the pieces of bpe-plain.ts; with a prefix before every document too', () => {
  const random = new Random(17);
  for (let round = 0; round < 40; round++) {
    const alphabet = [...'ab你好 é1'].slice(0, 2 + random.int(6));
    const documents = Array.from({ length: 1 + random.int(9) }, () =>
      Array.from({ length: 1 + random.int(18) }, () => random.pick(alphabet)).join(''),
    );
    const addDummyPrefix = random.int(2) === 0;
    const [minPairCount, maxPieceLength, nPieces] = [
      1 + random.int(4),
      1 + random.int(6),
      1 + random.int(30),
    ];
    const all = train(documents, nPieces + 9, {
      minPairCount,
      maxPieceLength,
      addDummyPrefix,
      shrinkToFit: true,
    });
    const characters = all.filter((text) => [...text].length === 1);
    const words = wordsOf(documents.map((document) => cleanText(document, addDummyPrefix)));
    const expected = learnPieces(words, nPieces + 9 - characters.length, {
      minPairCount,
      maxPieceLength,
      characters,
    });
    assert.equal(
      all.filter((text) => [...text].length > 1),
      expected,
      JSON.stringify(documents),
    );
  }
});

test('without being told: every pair that occurs twice, pieces of up to sixteen characters, 0.9995 of the characters', () => {
  const long = 'abcdefghijklmnopqrst';
  const learnt = train([long, long], 60, { shrinkToFit: true, characterCoverage: 1 });
  const longest = Math.max(...learnt.map((text) => text.length));
  assert.is(longest, 16);
  assert.not.ok(
    train(['xy', 'zw', 'zw'], 9, { shrinkToFit: true, characterCoverage: 1 }).includes('xy'),
    'xy occurs once',
  );
  const corpus = (rare: number) => ['a'.repeat(10_000 - rare), '龙'.repeat(rare)];
  const covered = (rare: number) =>
    learned(trainBpe(corpus(rare), { vocabSize: 300, shrinkToFit: true })).includes('龙');
  assert.equal([covered(4), covered(5), covered(6)], [false, false, true]);
});

test.run();
