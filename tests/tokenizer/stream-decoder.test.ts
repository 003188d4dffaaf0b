import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../src/tensor/random.ts';
import { makeVocabulary, StreamDecoder, Tokenizer, trainBpe } from '../../src/tokenizer/index.ts';
import { sampleDocuments } from './sample.ts';

const tokenizer = new Tokenizer(trainBpe(sampleDocuments(), { vocabSize: 440 }));
const prefixed = new Tokenizer(trainBpe(sampleDocuments(), { vocabSize: 440, addDummyPrefix: true }));

function parts(ids: readonly number[], skipSpecial = false, source = tokenizer): string[] {
  const decoder = new StreamDecoder(source, { skipSpecial });
  return [...ids.map((id) => decoder.push(id)), decoder.flush()];
}

test('a character made of bytes comes out whole, with its last byte', () => {
  assert.equal(parts(tokenizer.encode('龙')), ['', '', '龙', '']);
  assert.equal(parts(tokenizer.encode('😀')), ['', '', '', '😀', '']);
  assert.equal(parts(tokenizer.encode('今年😀é')), ['今年', '', '', '', '😀', '', 'é', '']);
  // The negative control: decoding token by token, as is often done, tears it.
  assert.is(
    tokenizer
      .encode('龙')
      .map((id) => tokenizer.decode([id]))
      .join(''),
    '\uFFFD\uFFFD\uFFFD',
  );
});

test('no part ever ends inside a character, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const emitted = parts(tokenizer.encode(text));
      for (const part of emitted) assert.not.match(part, /\p{Surrogate}/u);
      assert.is(emitted.join(''), text.replaceAll('▁', ' '));
      assert.is(emitted.includes('\uFFFD'), text.includes('\uFFFD'));
    }),
    { numRuns: 200, seed: 2 },
  );
});

test('the parts together are what decode gives, for any ids', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 439 })), fc.boolean(), (ids, skipSpecial) => {
      for (const source of [tokenizer, prefixed]) {
        assert.is(parts(ids, skipSpecial, source).join(''), source.decode(ids, { skipSpecial }));
      }
    }),
    { numRuns: 300, seed: 3 },
  );
});

test('an unfinished character is given up when something else follows, or at the end', () => {
  const byte = (value: number) => 6 + value;
  const thisYear = tokenizer.idOf('今年')!; // a piece of the sample, as tokenizer.test.ts shows
  assert.equal(parts([byte(0xe9), byte(0xbe), thisYear]), ['', '', '\uFFFD今年', '']);
  assert.equal(parts([byte(0xe9), byte(0xbe)]), ['', '', '\uFFFD']);
  assert.equal(parts([byte(0xe9), 2, byte(0x41)]), ['', '\uFFFD</s>', 'A', '']);
  assert.equal(parts([byte(0xef), byte(0xbb), byte(0xbf)]), ['', '', '\uFEFF', '']);
});

test('a skipped special token does not tear a character or use up the dummy prefix', () => {
  const ids = prefixed.encode('the');
  assert.equal(parts([1, ...ids, 2], true, prefixed).join(''), 'the');
  assert.equal(parts(prefixed.encode(' the'), false, prefixed).join(''), ' the');
});

test('after flush the decoder can go on', () => {
  const decoder = new StreamDecoder(tokenizer);
  decoder.push(6 + 0xe9);
  assert.is(decoder.flush(), '\uFFFD');
  assert.is(decoder.flush(), '');
  assert.is(decoder.push(6 + 0x41), 'A');
});

test('every character of every width, cut between any two of its bytes, comes out once, whole and at its last byte', () => {
  const byte = (value: number) => 6 + value;
  for (const character of ['A', 'é', '\u07ff', '\u0800', '龙', '\ufeff', '\uffff', '😀', '\u{10ffff}']) {
    const bytes = [...new TextEncoder().encode(character)];
    const given = parts([...bytes.map(byte), ...bytes.map(byte)]);
    const once = [...new Array<string>(bytes.length - 1).fill(''), character];
    assert.equal(given, [...once, ...once, '']);
    for (let cut = 1; cut < bytes.length; cut++) {
      const torn = parts([...bytes.slice(0, cut).map(byte), byte(0x42)]).join('');
      assert.is(
        torn,
        new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.of(...bytes.slice(0, cut), 0x42)),
      );
      const ended = parts(bytes.slice(0, cut).map(byte)).join('');
      assert.is(ended, '\ufffd');
    }
  }
});

test('any bytes between any pieces: what TextDecoder makes of each stretch of bytes', () => {
  const random = new Random(6);
  for (let round = 0; round < 400; round++) {
    let [expected, waiting]: [string, number[]] = ['', []];
    const ids: number[] = [];
    const settle = () => {
      expected += new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(waiting));
      waiting = [];
    };
    for (let i = 0; i < 1 + random.int(12); i++) {
      const kind = random.int(6);
      if (kind > 0) {
        const value = random.pick([
          0x41, 0x80, 0xbf, 0xc3, 0xe4, 0xbd, 0xa0, 0xf0, 0x9f, 0x98, 0xff, 0xef, 0xbb,
        ]);
        ids.push(6 + value);
        waiting.push(value);
      } else {
        settle();
        const id = 262 + random.int(170);
        ids.push(id);
        expected += tokenizer.pieceOf(id).replaceAll('▁', ' ');
      }
    }
    settle();
    assert.is(parts(ids).join(''), expected, String(ids));
  }
});

test('the dummy prefix is taken from the very first piece alone; every other ▁ of a piece is a space', () => {
  const made = makeVocabulary(['▁a▁b', '▁▁'], ['a', 'b', '▁'], true);
  const source = new Tokenizer(made);
  const of = (...pieces: string[]) =>
    parts(
      pieces.map((piece) => source.idOf(piece)!),
      false,
      source,
    ).join('');
  assert.is(of('▁a▁b', '▁a▁b'), 'a b a b');
  assert.is(of('▁▁', '▁'), '  ');
  assert.is(of('a', '▁'), 'a ');
  assert.is(of('<0x41>', '▁', 'a'), 'A a');
  assert.is(parts([1, source.idOf('▁a▁b')!], true, source).join(''), 'a b');
});

test.run();
