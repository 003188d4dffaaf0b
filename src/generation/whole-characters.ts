/**
 * A logits processor that keeps text whole: what is drawn is valid UTF-8, whatever the model prefers.
 *
 * A character without a piece of its own is written as bytes, three for most 汉字, each a token. A model that is not sure of the
 * second byte draws another one, a limit may end between two, and the text is torn: 廻 becomes U+FFFD. So
 *
 *   inside a character     only bytes that go on with it are allowed           E5 -> 80..BF -> 80..BF
 *   outside of one         no byte that cannot begin a character (80..C1, F5..FF), and none whose character has more bytes than
 *                          tokens are left; nor a control character other than tab and line end, which no text has
 *
 * The ranges are those of well-formed UTF-8 (Unicode 3.9, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
 * A token that is allowed is not touched, so a model whose choice is whole loses nothing by being watched.
 */
import { byteOfPiece, type Piece, type Tokenizer } from '../tokenizer/index.ts';
import type { Logits } from './processors.ts';

/** What must follow: the range of the next byte, and how many bytes there are until the character is whole. */
interface Unfinished {
  readonly low: number;
  readonly high: number;
  readonly left: number;
}

/** After these first bytes the second one has a smaller range than 80..BF. */
const SECOND_BYTES: Readonly<Record<number, readonly [number, number]>> = {
  224: [160, 191], // E0: shorter forms have one byte less
  237: [128, 159], // ED: surrogates
  240: [144, 191], // F0: shorter forms
  244: [128, 143], // F4: nothing above U+10FFFF
};

/** Bytes of the character of a text that begins with this one; 0 where none does. */
export function bytesFrom(first: number): number {
  if (first < 32 || first === 127) return first === 9 || first === 10 || first === 13 ? 1 : 0;
  if (first < 128) return 1;
  if (first >= 194 && first <= 223) return 2;
  if (first >= 224 && first <= 239) return 3;
  return first >= 240 && first <= 244 ? 4 : 0;
}

/** Which tokens are bytes, once for a vocabulary. */
export class ByteTokens {
  /** Of each id its byte; -1 where it is a piece of text. */
  readonly byteOf: Int16Array;
  /** The ids of all bytes. */
  readonly ids: readonly number[];

  constructor(pieces: readonly Piece[]) {
    this.byteOf = Int16Array.from(pieces, ({ kind, text }) =>
      kind === 'byte' ? (byteOfPiece(text) ?? -1) : -1,
    );
    this.ids = [...this.byteOf.keys()].filter((id) => this.byteOf[id]! >= 0);
  }
}

const known = new WeakMap<Tokenizer, ByteTokens>();

/** Those of a tokenizer; found once. */
export function byteTokensOf(tokenizer: Tokenizer): ByteTokens {
  const tokens = known.get(tokenizer) ?? new ByteTokens(tokenizer.vocabulary.pieces);
  known.set(tokenizer, tokens);
  return tokens;
}

/** Follows one text, token by token. */
export class WholeCharacters {
  private readonly tokens: ByteTokens;
  private unfinished: Unfinished | null = null;

  /** `before` are the tokens that the text begins with; a character that they leave unfinished is finished. */
  constructor(tokens: ByteTokens, before: readonly number[] = []) {
    this.tokens = tokens;
    for (const id of before.slice(-3)) this.push(id);
  }

  /** May this token come next, where `left` more tokens may come, it included? */
  allows(id: number, left: number): boolean {
    const byte = this.tokens.byteOf[id] ?? -1;
    if (this.unfinished !== null) return byte >= this.unfinished.low && byte <= this.unfinished.high;
    if (byte < 0) return true;
    const length = bytesFrom(byte);
    return length > 0 && length <= left;
  }

  /** Takes away every token that may not come next. */
  restrict(logits: Logits, left: number): void {
    if (this.unfinished === null) {
      for (const id of this.tokens.ids) if (!this.allows(id, left)) logits[id] = -Infinity;
    } else {
      for (let id = 0; id < logits.length; id++) if (!this.allows(id, left)) logits[id] = -Infinity;
    }
  }

  push(id: number): void {
    const byte = this.tokens.byteOf[id] ?? -1;
    const { unfinished } = this;
    if (unfinished !== null && byte >= unfinished.low && byte <= unfinished.high) {
      this.unfinished = unfinished.left === 1 ? null : { low: 128, high: 191, left: unfinished.left - 1 };
      return;
    }
    const length = byte < 0 ? 1 : bytesFrom(byte);
    const [low, high] = SECOND_BYTES[byte] ?? [128, 191];
    this.unfinished = length > 1 ? { low, high, left: length - 1 } : null;
  }
}
