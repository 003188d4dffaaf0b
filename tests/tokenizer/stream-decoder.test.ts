import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StreamDecoder, Tokenizer, trainBpe } from '../../src/tokenizer/index.ts';
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

test.run();
