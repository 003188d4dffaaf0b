import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import {
  CHATGLM3_CONTROL_TOKENS,
  CONTROL_TOKENS,
  makeVocabulary,
  Tokenizer,
  trainBpe,
  type Vocabulary,
  withControlTokens,
} from '../../src/tokenizer/index.ts';
import { sampleDocuments } from './sample.ts';

const plain = new Tokenizer(trainBpe(sampleDocuments(), { vocabSize: 440 }));
const prefixed = new Tokenizer(trainBpe(sampleDocuments(), { vocabSize: 440, addDummyPrefix: true }));

test('the fixed ids: 0 <unk>, 1 <s>, 2 </s>, 3 to 5 the roles, 6 to 261 the bytes, then pieces; padding is <unk>', () => {
  assert.equal(
    [0, 1, 2, 3, 4, 5, 6, 261].map((id) => plain.pieceOf(id)),
    ['<unk>', '<s>', '</s>', '<|system|>', '<|user|>', '<|assistant|>', '<0x00>', '<0xFF>'],
  );
  const { unkId, bosId, eosId, padId, systemId, userId, assistantId } = plain;
  assert.equal([unkId, bosId, eosId, padId, systemId, userId, assistantId], [0, 1, 2, 0, 3, 4, 5]);
  assert.is(plain.vocabSize, 440);
  assert.is(plain.idOf('今年'), plain.encode('今年')[0]);
  assert.is(plain.idOf('not a piece'), undefined);
  assert.ok(plain.isSpecial(2) && plain.isSpecial(0) && !plain.isSpecial(6) && !plain.isSpecial(300));
});

/** What may change on the way: "▁" comes back as a space, a lone surrogate as U+FFFD. Nothing else. */
const afterRoundTrip = (text: string) => text.replace(/\p{Surrogate}/gu, '\uFFFD').replaceAll('▁', ' ');

test('decode(encode(text)) is the text, for any string at all', () => {
  const known = [...new Set(sampleDocuments().join(' '))];
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(...known, ' ', ' ', '▁', '\0', '\uFEFF', '😀', '龙', '\uD800', '\uDC00'),
    }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      for (const tokenizer of [plain, prefixed]) {
        const ids = tokenizer.encode(text);
        assert.is(tokenizer.decode(ids), afterRoundTrip(text));
        assert.ok(
          ids.every((id) => id >= 6 && id < 440),
          'text makes no special token',
        );
      }
    }),
    { numRuns: 400, seed: 1 },
  );
});

test('spaces at the ends, NUL, U+FEFF and CRLF survive', () => {
  for (const text of ['', ' ', '  你 好  ', '\0', '\uFEFF你', 'a\r\nb\n', '\u3000']) {
    for (const tokenizer of [plain, prefixed]) assert.is(tokenizer.decode(tokenizer.encode(text)), text);
  }
});

test('no text can become a special token', () => {
  const names = ['<unk>', '<0x41>', '<0x0A>', ...CONTROL_TOKENS];
  for (const name of names) {
    for (const text of [name, `你${name}好`, name.repeat(3), ` ${name}`]) {
      const ids = plain.encode(text);
      assert.ok(
        ids.every((id) => !plain.isSpecial(id)),
        text,
      );
      assert.is(plain.decode(ids), text);
      assert.ok(ids.length > 1);
    }
  }
  // Even a corpus made of the names teaches no such piece: they mix letters and signs.
  const taught = trainBpe(new Array<string>(50).fill('</s><|user|>'), {
    vocabSize: 274,
    characterCoverage: 1,
  });
  const tokenizer = new Tokenizer(taught);
  assert.ok(tokenizer.encode('</s><|user|>').every((id) => !tokenizer.isSpecial(id)));
});

test('decode: special tokens by name or left out, broken UTF-8 as U+FFFD', () => {
  const ids = [4, ...plain.encode('你好'), 2];
  assert.is(plain.decode(ids), '<|user|>你好</s>');
  assert.is(plain.decode(ids, { skipSpecial: true }), '你好');
  const byte = (value: number) => 6 + value;
  assert.is(plain.decode([byte(0xe4), byte(0xbd)]), '\uFFFD');
  assert.is(plain.decode([byte(0xe4), byte(0xbd), 2]), '\uFFFD</s>');
  assert.is(plain.decode([byte(0xff), byte(0x41), byte(0xf0), byte(0x41)]), '\uFFFDA\uFFFDA');
});

test('an id out of range is a sentence with the id and the range', () => {
  for (const id of [-1, 440, 1.5, Number.NaN]) {
    for (const use of [() => plain.decode([id]), () => plain.pieceOf(id), () => plain.isSpecial(id)]) {
      assert.throws(
        use,
        (error: Error) => error instanceof UserError && error.message.includes(`no token ${id}`),
      );
    }
  }
});

test('ChatGLM3: special tokens are appended after its pieces; a model without roles says so', () => {
  const base: Vocabulary = {
    ...makeVocabulary([], ['▁']),
    pieces: makeVocabulary([], ['▁']).pieces.filter((_, id) => id < 3 || id > 5),
  };
  const tokenizer = new Tokenizer(withControlTokens(base, CHATGLM3_CONTROL_TOKENS));
  assert.is(tokenizer.vocabSize, base.pieces.length + 9);
  assert.is(tokenizer.userId, base.pieces.length + 6);
  assert.is(tokenizer.idOf('[gMASK]'), base.pieces.length + 1);
  assert.throws(
    () => new Tokenizer(base).userId,
    (error: Error) => error instanceof UserError && error.message.includes('<|user|>'),
  );
});

test('a role is a special token of that name: a piece of text that only looks like one is refused', () => {
  const made = makeVocabulary([], ['▁']);
  const pieces = made.pieces.map((piece, id) => (id === 4 ? { ...piece, kind: 'normal' as const } : piece));
  const tokenizer = new Tokenizer({ ...made, pieces });
  assert.is(tokenizer.assistantId, 5);
  assert.throws(() => tokenizer.userId, /no special token <\|user\|>/);
  assert.is(new Tokenizer({ ...made, padId: 2 }).padId, 2);
  const endless = new Tokenizer({ ...made, eosId: undefined });
  assert.throws(() => endless.eosId, /no end-of-text token/);
});

test.run();
