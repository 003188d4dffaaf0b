/**
 * `tokenizer.model`: the vocabulary as Google's SentencePiece stores it, one protobuf message (sentencepiece_model.proto).
 *
 *   ModelProto      1 pieces, repeated {1 text, 2 score float, 3 type}     2 trainer_spec     3 normalizer_spec
 *   type            1 normal   2 unknown   3 control   4 user-defined   5 unused   6 byte
 *
 * Most of trainer_spec only records how training was done; what encoding depends on is checked below, and a model that asks for
 * something this tokenizer does not do (Unigram, NFKC, trimmed spaces) is refused rather than read wrongly.
 */
import { UserError } from '../errors.ts';
import { quoted } from '../json-text.ts';
import { type Field, MessageWriter, readFields } from './protobuf.ts';
import { checkVocabulary, type Piece, type PieceKind, type Vocabulary } from './vocabulary.ts';

const KINDS: ReadonlyMap<number, PieceKind> = new Map([
  [1, 'normal'],
  [2, 'unknown'],
  [3, 'control'],
  [4, 'user-defined'],
  [6, 'byte'],
]);
const TYPE_OF = new Map([...KINDS].map(([type, kind]) => [kind, type]));
const BPE = 2;

/** Field numbers in ModelProto, in its pieces, in trainer_spec and in normalizer_spec. */
const MODEL = { pieces: 1, trainer: 2, normalizer: 3 } as const;
const PIECE = { text: 1, score: 2, type: 3 } as const;
const TRAINER = {
  modelType: 3,
  vocabSize: 4,
  whitespaceAsSuffix: 24,
  splitDigits: 25,
  controlSymbols: 30,
  userDefinedSymbols: 31,
  byteFallback: 35,
  unkId: 40,
  bosId: 41,
  eosId: 42,
  padId: 43,
  unkPiece: 45,
  bosPiece: 46,
  eosPiece: 47,
  padPiece: 48,
} as const;
const NORMALIZER = {
  name: 1,
  charsMap: 2,
  addDummyPrefix: 3,
  removeExtraSpaces: 4,
  escapeSpaces: 5,
} as const;

/** Reads `tokenizer.model`. Throws a UserError that names the field if the file is damaged or asks for what is not done here. */
export function readSentencePieceModel(bytes: Uint8Array, source = 'tokenizer.model'): Vocabulary {
  const model = readFields(bytes, source);
  const trainer = readFields(lastBytes(model, MODEL.trainer), `${source}, trainer_spec`);
  const normalizer = readFields(lastBytes(model, MODEL.normalizer), `${source}, normalizer_spec`);
  const number = (fields: readonly Field[], key: number, fallback: number) =>
    lastNumber(fields, key) ?? fallback;

  const refuse = (what: string) => {
    throw new UserError(
      `${source}: ${what}; only SentencePiece BPE with byte fallback and identity normalisation is supported`,
    );
  };
  const modelType = number(trainer, TRAINER.modelType, 1);
  if (modelType !== BPE) refuse(`trainer_spec.model_type is ${modelType} where BPE is ${BPE}`);
  if (number(trainer, TRAINER.byteFallback, 0) === 0) refuse('trainer_spec.byte_fallback is off');
  if (number(trainer, TRAINER.whitespaceAsSuffix, 0) !== 0)
    refuse('trainer_spec.treat_whitespace_as_suffix is on');
  const charsMap = lastBytes(normalizer, NORMALIZER.charsMap);
  if (charsMap.length > 0) {
    refuse(
      `normalizer_spec is ${quoted(decodeText(lastBytes(normalizer, NORMALIZER.name), source))}, not identity`,
    );
  }
  if (number(normalizer, NORMALIZER.removeExtraSpaces, 1) !== 0)
    refuse('normalizer_spec.remove_extra_whitespaces is on');
  if (number(normalizer, NORMALIZER.escapeSpaces, 1) === 0)
    refuse('normalizer_spec.escape_whitespaces is off');

  const pieces = model
    .filter((field) => field.number === MODEL.pieces)
    .map((field, id) => readPiece(field, `${source}, piece ${id}`));
  const specialId = (key: number, fallback: number) => {
    const id = number(trainer, key, fallback);
    return id < 0 ? undefined : id;
  };
  const vocabulary: Vocabulary = {
    pieces,
    addDummyPrefix: number(normalizer, NORMALIZER.addDummyPrefix, 1) !== 0,
    bosId: specialId(TRAINER.bosId, 1),
    eosId: specialId(TRAINER.eosId, 2),
    padId: specialId(TRAINER.padId, -1),
  };
  checkVocabulary(vocabulary, source);
  return vocabulary;
}

/** The bytes of `tokenizer.model`; Python's sentencepiece loads them and gives the same ids. */
export function writeSentencePieceModel(vocabulary: Vocabulary): Uint8Array<ArrayBuffer> {
  const { pieces, bosId = -1, eosId = -1, padId = -1 } = vocabulary;
  const model = new MessageWriter();
  for (const { text, score, kind } of pieces) {
    const type = TYPE_OF.get(kind)!; // KINDS has every PieceKind
    model.message(
      MODEL.pieces,
      new MessageWriter().string(PIECE.text, text).float(PIECE.score, score).int(PIECE.type, type).finish(),
    );
  }
  const nameOf = (id: number, fallback: string) => pieces[id]?.text ?? fallback;
  const unkId = pieces.findIndex((piece) => piece.kind === 'unknown');
  const trainer = new MessageWriter()
    .int(TRAINER.modelType, BPE)
    .int(TRAINER.vocabSize, pieces.length)
    .int(TRAINER.splitDigits, 1);
  for (const [id, { text, kind }] of pieces.entries()) {
    if (kind === 'control' && id !== bosId && id !== eosId && id !== padId)
      trainer.string(TRAINER.controlSymbols, text);
    if (kind === 'user-defined') trainer.string(TRAINER.userDefinedSymbols, text);
  }
  trainer
    .int(TRAINER.byteFallback, 1)
    .int(TRAINER.unkId, unkId)
    .int(TRAINER.bosId, bosId)
    .int(TRAINER.eosId, eosId)
    .int(TRAINER.padId, padId)
    .string(TRAINER.unkPiece, nameOf(unkId, '<unk>'))
    .string(TRAINER.bosPiece, nameOf(bosId, '<s>'))
    .string(TRAINER.eosPiece, nameOf(eosId, '</s>'))
    .string(TRAINER.padPiece, nameOf(padId, '<pad>'));
  const normalizer = new MessageWriter()
    .string(NORMALIZER.name, 'identity')
    .int(NORMALIZER.addDummyPrefix, vocabulary.addDummyPrefix ? 1 : 0)
    .int(NORMALIZER.removeExtraSpaces, 0)
    .int(NORMALIZER.escapeSpaces, 1);
  return model
    .message(MODEL.trainer, trainer.finish())
    .message(MODEL.normalizer, normalizer.finish())
    .finish();
}

function readPiece(field: Field, source: string): Piece {
  if (typeof field.value === 'number')
    throw new UserError(`${source}: it is a number where a message is expected; the file is damaged`);
  const fields = readFields(field.value, source);
  const type = lastNumber(fields, PIECE.type) ?? 1;
  const kind = KINDS.get(type);
  if (kind === undefined) {
    throw new UserError(
      `${source}: its type is ${type}; types 1 to 4 and 6 are supported, is this another kind of model?`,
    );
  }
  return {
    text: decodeText(lastBytes(fields, PIECE.text), source),
    score: lastNumber(fields, PIECE.score) ?? 0,
    kind,
  };
}

/** Protobuf's rule for a field that may occur once: the last one counts. An absent one is empty. */
function lastBytes(fields: readonly Field[], number: number): Uint8Array {
  const value = fields.findLast((field) => field.number === number)?.value;
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}

function lastNumber(fields: readonly Field[], number: number): number | undefined {
  const value = fields.findLast((field) => field.number === number)?.value;
  return typeof value === 'number' ? value : undefined;
}

function decodeText(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UserError(`${source}: its text is not UTF-8; the file is damaged, fetch it again`);
  }
}
