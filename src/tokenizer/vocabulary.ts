/**
 * The vocabulary: a list of pieces, whose place in the list is their id. It is all that a tokenizer is; the files
 * `tokenizer.model` and `tokenizer.json` are two ways of writing it down.
 *
 *   normal        text; of two possible merges the encoder takes the one whose result has the higher score
 *   unknown       exactly one, <unk>            control   ids that no text can produce: <s>, </s>, <|user|>
 *   byte          all 256, <0x00>..<0xFF>: what a character without a piece is written as, in UTF-8
 *   user-defined  text that is always cut out whole (only in models made elsewhere)
 */
import { UserError } from '../errors.ts';
import { quoted } from '../json-text.ts';
import { byteOfPiece, bytePiece, CONTROL_TOKENS, FIRST_PIECE_ID, UNK } from './special-tokens.ts';

export type PieceKind = 'normal' | 'unknown' | 'control' | 'user-defined' | 'byte';

export interface Piece {
  readonly text: string;
  readonly score: number;
  readonly kind: PieceKind;
}

export interface Vocabulary {
  readonly pieces: readonly Piece[];
  /** One "▁" before every text: true for ChatGLM3 and Llama 2, false for the models made here. */
  readonly addDummyPrefix: boolean;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  /** undefined: there is no piece for padding, `<unk>` serves. */
  readonly padId: number | undefined;
}

/**
 * The vocabulary of our own models from what the trainer found: merged pieces in the order in which they were learned, then the
 * single characters, the most frequent first.
 *
 * That is SentencePiece's own order, and it makes both files exact. A merged piece's id grows with its rank, so `tokenizer.model`
 * needs only score = -(id - 262), whole numbers that float32 holds without rounding, and `tokenizer.json`, which knows no scores
 * but only the order of its merges, lists the pieces as they stand. Characters are never the result of a merge; they come last.
 */
export function makeVocabulary(
  merged: readonly string[],
  characters: readonly string[],
  addDummyPrefix = false,
): Vocabulary {
  const pieces: Piece[] = [{ text: UNK, score: 0, kind: 'unknown' }];
  for (const text of CONTROL_TOKENS) pieces.push({ text, score: 0, kind: 'control' });
  for (let byte = 0; byte < 256; byte++) pieces.push({ text: bytePiece(byte), score: 0, kind: 'byte' });
  for (const text of merged)
    pieces.push({ text, score: 0 - (pieces.length - FIRST_PIECE_ID), kind: 'normal' });
  for (const text of characters)
    pieces.push({ text, score: 0 - (pieces.length - FIRST_PIECE_ID), kind: 'normal' });
  return { pieces, addDummyPrefix, bosId: 1, eosId: 2, padId: undefined };
}

/**
 * The same vocabulary with control tokens appended, as ChatGLM3 does with `<|user|>` and others. Names already there are kept.
 */
export function withControlTokens(vocabulary: Vocabulary, names: readonly string[]): Vocabulary {
  const known = new Set(vocabulary.pieces.map((piece) => piece.text));
  const added = names
    .filter((name) => !known.has(name))
    .map((text): Piece => ({ text, score: 0, kind: 'control' }));
  return { ...vocabulary, pieces: [...vocabulary.pieces, ...added] };
}

/** Longer ones are no words: the ways to cut a piece in two are looked at one by one, each as long as the piece. */
const MAX_PIECE_LENGTH = 1024;

/** Throws a UserError unless this can be the text of a piece. */
export function checkPiece(text: string, id: number, source: string): void {
  if (text === '') throw new UserError(`${source}: piece ${id} is empty; the file is damaged`);
  if (text.length > MAX_PIECE_LENGTH) {
    throw new UserError(
      `${source}: piece ${id} has ${text.length} characters, more than ${MAX_PIECE_LENGTH}; the file is damaged`,
    );
  }
}

/** Throws a UserError unless every promise at the top of this file holds. `source` names the file, for the sentence. */
export function checkVocabulary(vocabulary: Vocabulary, source: string): void {
  const { pieces } = vocabulary;
  const bytes = new Set<number>();
  const idOf = new Map<string, number>();
  let unknowns = 0;
  for (const [id, { text, score, kind }] of pieces.entries()) {
    checkPiece(text, id, source);
    const earlier = idOf.get(text);
    if (earlier !== undefined) {
      throw new UserError(
        `${source}: pieces ${earlier} and ${id} are both ${quoted(text)}; every piece must be unique`,
      );
    }
    idOf.set(text, id);
    if (!Number.isFinite(score)) {
      throw new UserError(`${source}: piece ${id} has the score ${score}; it must be a finite number`);
    }
    if (kind === 'unknown') unknowns++;
    if (kind !== 'byte') continue;
    const byte = byteOfPiece(text);
    if (byte === undefined) {
      throw new UserError(`${source}: byte piece ${id} is ${quoted(text)}; it must look like <0x0A>`);
    }
    bytes.add(byte);
  }
  if (unknowns !== 1)
    throw new UserError(`${source}: there are ${unknowns} unknown pieces; there must be exactly one`);
  if (bytes.size !== 256) {
    throw new UserError(
      `${source}: ${bytes.size} of the 256 byte pieces are there; ` +
        'without byte fallback text would be lost, use a model that has it',
    );
  }
  for (const [name, id] of [
    ['bos', vocabulary.bosId],
    ['eos', vocabulary.eosId],
    ['pad', vocabulary.padId],
  ] as const) {
    if (id !== undefined && !(Number.isInteger(id) && id >= 0 && id < pieces.length)) {
      throw new UserError(`${source}: the ${name} id is ${id}, but the ids end at ${pieces.length - 1}`);
    }
  }
}
