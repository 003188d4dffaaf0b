import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../src/tensor/random.ts';
import { BpeEncoder } from '../../src/tokenizer/bpe-encoder.ts';
import { Heap } from '../../src/tokenizer/heap.ts';
import { makeVocabulary, Tokenizer, trainBpe, type Vocabulary } from '../../src/tokenizer/index.ts';
import { naiveEncode } from './naive.ts';
import { sampleDocuments } from './sample.ts';

/**
 * A vocabulary nobody would train: random concatenations over three letters, whole before part, characters missing, equal
 * scores.
 */
function randomVocabulary(random: Random): Vocabulary {
  const pieces = new Set(['a', 'b', 'c']);
  for (let i = 0; i < 4 + random.int(14); i++) {
    const text = random.pick([...pieces]) + random.pick([...pieces]);
    if (text.length <= 9) pieces.add(text);
  }
  if (random.int(3) === 0) pieces.delete('c');
  const vocabulary = makeVocabulary(random.shuffle([...pieces]), []);
  if (random.int(3) > 0) return vocabulary;
  return {
    ...vocabulary,
    pieces: vocabulary.pieces.map((piece) => ({ ...piece, score: Math.trunc(piece.score / 4) })),
  };
}

function randomText(random: Random, alphabet: readonly string[], length: number): string {
  return Array.from({ length }, () => random.pick(alphabet)).join('');
}

test('heap and linked list give the ids of the quadratic search', () => {
  const random = new Random(11);
  let rightmostDiffers = 0;
  for (let round = 0; round < 400; round++) {
    const vocabulary = randomVocabulary(random);
    const encoder = new BpeEncoder(vocabulary);
    for (let i = 0; i < 8; i++) {
      const text = randomText(random, ['a', 'a', 'b', 'c', 'd'], random.int(40));
      const expected = naiveEncode(text, vocabulary);
      assert.equal(encoder.encode(text), expected, text);
      if (naiveEncode(text, vocabulary, false).join() !== expected.join()) rightmostDiffers++;
    }
  }
  assert.ok(rightmostDiffers > 100, 'negative control: taking the rightmost of equals must show');
});

test('the same on a trained vocabulary and texts of many scripts', () => {
  const random = new Random(12);
  const vocabulary = trainBpe(sampleDocuments(), { vocabSize: 450 });
  const encoder = new BpeEncoder(vocabulary);
  const alphabet = [...sampleDocuments().join(' '), '龙', '😀', '\0', 'é', '\u{20000}'];
  for (let i = 0; i < 100; i++) {
    const text = randomText(random, alphabet, random.int(60)).replaceAll(' ', '▁');
    assert.equal(encoder.encode(text), naiveEncode(text, vocabulary), text);
  }
});

test('a character without a piece becomes its UTF-8 bytes, of one to four bytes', () => {
  const encoder = new BpeEncoder(makeVocabulary([], ['▁']));
  for (const character of ['\0', '\x7f', '\x80', '\u07ff', '\u0800', '\uffff', '\u{10000}', '\u{10ffff}']) {
    assert.equal(
      encoder.encode(character),
      [...new TextEncoder().encode(character)].map((byte) => 6 + byte),
    );
  }
});

test('digits stay single', () => {
  const tokenizer = new Tokenizer(
    trainBpe(['2023年2023年2023年', '１２１２１２'], { vocabSize: 269, characterCoverage: 1 }),
  );
  assert.equal(
    tokenizer.encode('2023年１２').map((id) => tokenizer.pieceOf(id)),
    ['2', '0', '2', '3', '年', '１', '２'],
  );
});

test('user-defined pieces of models made elsewhere are cut out whole, the longest first', () => {
  const base = makeVocabulary(['ab', 'x.'], ['a', 'b', 'x', '.']);
  const vocabulary: Vocabulary = {
    ...base,
    pieces: [
      ...base.pieces,
      { text: 'b.', score: 0, kind: 'user-defined' },
      { text: 'b.b', score: 0, kind: 'user-defined' },
    ],
  };
  const tokenizer = new Tokenizer(vocabulary);
  const pieces = (text: string) => tokenizer.encode(text).map((id) => tokenizer.pieceOf(id));
  assert.equal(pieces('abab.bab.x.'), ['ab', 'a', 'b.b', 'a', 'b.', 'x.']);
  assert.is(tokenizer.decode(tokenizer.encode('abab.bab.x.')), 'abab.bab.x.');
});

test('work grows with the text, not with its square: heap operations for 1 MB and for half of it', () => {
  const random = new Random(13);
  const words = Array.from({ length: 400 }, () =>
    randomText(random, [...'天地人你我他山水火木金土日月星云雨风'], 1 + random.int(4)),
  );
  let line = ''; // one line, no border anywhere: the worst case for an encoder that works stretch by stretch
  while (line.length < 340_000) line += random.pick(words);
  const vocabulary = trainBpe([line.slice(0, 50_000)], { vocabSize: 600 });
  const operations = (text: string) => {
    const { push } = Heap.prototype;
    let pushes = 0;
    Heap.prototype.push = function (item) {
      pushes++;
      push.call(this, item);
    };
    try {
      const ids = new BpeEncoder(vocabulary).encode(text);
      assert.ok(ids.length < text.length);
    } finally {
      Heap.prototype.push = push;
    }
    return pushes;
  };
  const half = operations(line.slice(0, line.length / 2));
  const whole = operations(line);
  assert.ok(whole < 2.05 * half, `${whole} against ${half}`);
  assert.ok(whole < 3 * line.length); // n - 1 at the start, at most two for each merge
});

test('a merge that was possible once is not made of other symbols: zabc is za + bc', () => {
  const vocabulary = makeVocabulary(['bc', 'ab', 'za', 'abc'], ['z', 'a', 'b', 'c']);
  const ids = new BpeEncoder(vocabulary).encode('zabc');
  assert.equal(
    ids.map((id) => vocabulary.pieces[id]!.text),
    ['za', 'bc'],
  );
});

/** Pieces that are any strings at all: most are no concatenation of others, some have characters without a piece. */
function strangeVocabulary(random: Random): Vocabulary {
  const alphabet = random.pick([
    ['a', 'b', 'c', 'd'],
    ['a', 'b'],
    ['你', '好', '😀', '\u{20000}', 'a'],
  ]);
  const pieces = new Set<string>();
  const wanted = 3 + random.int(22);
  for (let tries = 0; pieces.size < wanted && tries < 60; tries++)
    pieces.add(Array.from({ length: 1 + random.int(4) }, () => random.pick(alphabet)).join(''));
  const shuffled = random.shuffle([...pieces]);
  const made = makeVocabulary(
    shuffled.filter((text) => [...text].length > 1),
    shuffled.filter((text) => [...text].length === 1),
  );
  const levels = random.pick([1, 2, 1000, 1000]); // ties, or an order
  return {
    ...made,
    pieces: made.pieces.map((piece) =>
      piece.kind === 'normal' ? { ...piece, score: -(Math.floor(1000 * random.float()) % levels) } : piece,
    ),
  };
}

test('over vocabularies of random strings with random scores: the ids of the quadratic search', () => {
  const random = new Random(31);
  let joined = 0;
  for (let round = 0; round < 1500; round++) {
    const vocabulary = strangeVocabulary(random);
    const alphabet = [...new Set(vocabulary.pieces.slice(262).flatMap(({ text }) => [...text])), 'x'];
    const encoder = new BpeEncoder(vocabulary);
    for (let i = 0; i < 3; i++) {
      const text = randomText(random, alphabet, 2 + random.int(14));
      const expected = naiveEncode(text, vocabulary);
      if (expected.some((id) => [...vocabulary.pieces[id]!.text].length > 2 && id > 261)) joined++;
      assert.equal(encoder.encode(text), expected, JSON.stringify([text, vocabulary.pieces.slice(262)]));
    }
  }
  assert.ok(joined > 500, `control: ${joined} texts have a piece of three characters`);
});

test('long texts, far beyond a chunk of anything: the ids of the quadratic search', () => {
  const random = new Random(32);
  for (const alphabet of [
    ['a', 'b'],
    ['你', '好', '😀', 'x', '1'],
  ]) {
    const pieces = new Set<string>();
    while (pieces.size < 12) pieces.add(randomText(random, alphabet, 2 + random.int(3)));
    const vocabulary = makeVocabulary([...pieces], alphabet);
    const text = randomText(random, alphabet, 1200);
    assert.equal(new BpeEncoder(vocabulary).encode(text), naiveEncode(text, vocabulary));
  }
});

test('user-defined pieces: the longest first, signs of patterns as they are, plain text between them', () => {
  const random = new Random(33);
  const base = makeVocabulary(['ab', 'b.'], ['a', 'b', '.', '*', '+']);
  const whole = ['a.', '.*', 'b+b', '*', 'ab.*'];
  const vocabulary: Vocabulary = {
    ...base,
    pieces: [
      ...base.pieces.filter(({ text }) => text !== '*'),
      ...whole.map((text) => ({ text, score: 0, kind: 'user-defined' as const })),
    ],
  };
  const encoder = new BpeEncoder(vocabulary);
  for (let i = 0; i < 300; i++) {
    const text = randomText(random, ['a', 'b', '.', '*', '+'], random.int(14));
    const expected: number[] = [];
    let plain = '';
    const flush = () => {
      expected.push(...naiveEncode(plain, vocabulary));
      plain = '';
    };
    for (let at = 0; at < text.length; ) {
      const found = whole.toSorted((a, b) => b.length - a.length).find((each) => text.startsWith(each, at));
      if (found === undefined) plain += text[at];
      else {
        flush();
        expected.push(vocabulary.pieces.findIndex((piece) => piece.text === found));
      }
      at += found?.length ?? 1;
    }
    flush();
    assert.equal(encoder.encode(text), expected, text);
  }
});

test.run();
