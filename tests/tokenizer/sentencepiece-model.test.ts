import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { Random } from '../../src/tensor/random.ts';
import {
  makeVocabulary,
  readSentencePieceModel,
  trainBpe,
  type Vocabulary,
  withControlTokens,
  writeSentencePieceModel,
} from '../../src/tokenizer/index.ts';
import { MessageWriter, readFields } from '../../src/tokenizer/protobuf.ts';
import { sampleDocuments } from './sample.ts';

const vocabulary = trainBpe(sampleDocuments(), { vocabSize: 440 });
const bytes = writeSentencePieceModel(vocabulary);

function refusal(data: Uint8Array): string {
  try {
    readSentencePieceModel(data, 'x.model');
  } catch (error) {
    assert.instance(error, UserError);
    return (error as UserError).message;
  }
  return '';
}

test('write, read: the same vocabulary, whatever its special ids and dummy prefix', () => {
  assert.equal(readSentencePieceModel(bytes), vocabulary);
  assert.equal(writeSentencePieceModel(readSentencePieceModel(bytes)), bytes);
  const other: Vocabulary = {
    ...withControlTokens(vocabulary, ['<pad>', '[gMASK]']),
    addDummyPrefix: true,
    bosId: undefined,
    padId: vocabulary.pieces.length,
  };
  assert.equal(readSentencePieceModel(writeSentencePieceModel(other)), other);
  const defined: Vocabulary = {
    ...vocabulary,
    pieces: [...vocabulary.pieces, { text: '。。', score: -7.5, kind: 'user-defined' }],
  };
  assert.equal(readSentencePieceModel(writeSentencePieceModel(defined)), defined);
});

test('every truncation is refused', () => {
  for (let length = 0; length < bytes.length; length += length > bytes.length - 200 ? 1 : 37) {
    assert.match(
      refusal(bytes.subarray(0, length)),
      /^x\.model/,
      `${length} of ${bytes.length} bytes were accepted`,
    );
  }
});

test('a flipped bit is refused or changes a name or a score; it is never another error', () => {
  const random = new Random(21);
  let refused = 0;
  for (let i = 0; i < 400; i++) {
    const damaged = bytes.slice();
    damaged[random.int(damaged.length)]! ^= 1 << random.int(8);
    const message = refusal(damaged);
    if (message !== '') refused++;
    else assert.not.equal(readSentencePieceModel(damaged), undefined);
  }
  assert.ok(refused > 150, `${refused} of 400 damaged files were refused`);
});

test('random bytes are refused', () => {
  const random = new Random(22);
  for (let i = 0; i < 200; i++)
    assert.match(refusal(Uint8Array.from({ length: random.int(99) }, () => random.int(256))), /x\.model/);
});

/** `bytes` with fields appended to trainer_spec (2) or normalizer_spec (3): protobuf merges both, and the last value counts. */
function withSpec(number: 2 | 3, change: (writer: MessageWriter) => MessageWriter): Uint8Array {
  const spec = readFields(bytes, 'x').find((field) => field.number === number)!.value as Uint8Array; // both are always written
  const changed = new MessageWriter().message(
    number,
    Uint8Array.of(...spec, ...change(new MessageWriter()).finish()),
  );
  return Uint8Array.of(...bytes, ...changed.finish());
}

test('models that would be read wrongly are refused, by the name of the field', () => {
  assert.is(refusal(withSpec(2, (writer) => writer.int(12, 3))), '', 'unknown fields are skipped');
  const cases: [2 | 3, (writer: MessageWriter) => MessageWriter, RegExp][] = [
    [2, (writer) => writer.int(3, 1), /model_type is 1 where BPE is 2/],
    [2, (writer) => writer.int(35, 0), /byte_fallback is off/],
    [2, (writer) => writer.int(24, 1), /treat_whitespace_as_suffix/],
    [3, (writer) => writer.string(1, 'nmt_nfkc').string(2, 'table'), /"nmt_nfkc", not identity/],
    [3, (writer) => writer.int(4, 1), /remove_extra_whitespaces is on/],
    [3, (writer) => writer.int(5, 0), /escape_whitespaces is off/],
    [2, (writer) => writer.int(42, 440), /eos id is 440, but the ids end at 439/],
  ];
  for (const [spec, change, message] of cases) assert.match(refusal(withSpec(spec, change)), message);
  const unused = new MessageWriter()
    .message(1, new MessageWriter().string(1, 'u').int(3, 5).finish())
    .finish();
  assert.match(refusal(Uint8Array.of(...bytes, ...unused)), /piece 440: its type is 5/);
  const notText = new MessageWriter()
    .message(1, new MessageWriter().message(1, Uint8Array.of(0xff)).finish())
    .finish();
  assert.match(refusal(Uint8Array.of(...bytes, ...notText)), /piece 440: its text is not UTF-8/);
  assert.match(
    refusal(writeSentencePieceModel(makeVocabulary(['ab'], ['a', 'a']))),
    /pieces 263 and 264 are both "a"/,
  );
});

test('random vocabularies come back as they were, whatever their ids, kinds, scores and prefix', () => {
  const random = new Random(23);
  for (let round = 0; round < 60; round++) {
    const texts = new Set(
      Array.from({ length: 1 + random.int(12) }, () =>
        Array.from({ length: 1 + random.int(4) }, () =>
          random.pick(['a', '你', '😀', '▁', '<', '\n', '\ufeff']),
        ).join(''),
      ),
    );
    const made = makeVocabulary([...texts], [], random.int(2) === 0);
    const score = () => Math.fround(random.pick([0, -0.5, 7, -1e9, 1e-20]) * (1 + random.int(5)));
    const pieces = made.pieces.map((piece) =>
      piece.kind === 'normal'
        ? { ...piece, score: score(), kind: random.pick(['normal', 'user-defined'] as const) }
        : piece,
    );
    const id = () => random.pick([undefined, 0, 2, 5, pieces.length - 1]);
    const each: Vocabulary = { ...made, pieces, bosId: id(), eosId: id(), padId: id() };
    assert.equal(readSentencePieceModel(writeSentencePieceModel(each)), each);
  }
});

test('what a file does not say is what SentencePiece takes for granted', () => {
  const { pieces } = vocabulary;
  const writer = new MessageWriter();
  for (const { text, kind } of pieces) {
    const piece = new MessageWriter().string(1, text);
    if (kind !== 'normal') piece.int(3, { unknown: 2, control: 3, byte: 6, 'user-defined': 4 }[kind]);
    writer.message(1, piece.finish());
  }
  const trainer = new MessageWriter().int(3, 2).int(35, 1).finish();
  const normalizer = new MessageWriter().int(4, 0).finish();
  const read = readSentencePieceModel(writer.message(2, trainer).message(3, normalizer).finish());
  const { bosId, eosId, padId, addDummyPrefix } = read;
  assert.equal(
    { bosId, eosId, padId, addDummyPrefix },
    { bosId: 1, eosId: 2, padId: undefined, addDummyPrefix: true },
  );
  assert.ok(read.pieces.every(({ score, kind }, i) => score === 0 && kind === pieces[i]!.kind));
});

test.run();
