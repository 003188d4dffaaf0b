/**
 * Ids -> text, one id at a time: `push` gives out the text that is certain by now, `flush` the rest.
 *
 * A 汉字 without a piece is three byte ids, an emoji four; text between them would be torn, so bytes wait until they make a
 * character. Bytes that can never become one turn into U+FFFD, by the rules of the Encoding Standard (one for each maximal
 * broken part).
 *
 *   all results of push, then flush, joined   =   tokenizer.decode(the same ids)
 */

import { byteOfPiece } from './special-tokens.ts';
import { SPACE_SYMBOL } from './text-cleaning.ts';
import type { Piece } from './vocabulary.ts';

/** What a decoder needs of a Tokenizer. */
interface PieceSource {
  readonly addDummyPrefix: boolean;
  piece(id: number): Piece;
}

export interface DecodeOptions {
  /** Leave out control tokens and `<unk>` instead of writing their names. Default false. */
  readonly skipSpecial?: boolean;
}

export class StreamDecoder {
  private readonly source: PieceSource;
  private readonly skipSpecial: boolean;
  private readonly bytes = new TextDecoder('utf-8', { ignoreBOM: true }); // ignoreBOM: keep U+FEFF like any character
  private bytesWaiting = false;
  private atStart = true;

  constructor(source: PieceSource, options: DecodeOptions = {}) {
    this.source = source;
    this.skipSpecial = options.skipSpecial ?? false;
  }

  /**
   * The text that `id` makes certain: often its own, nothing for the first bytes of a character. Throws a UserError for an id
   * out of range.
   */
  push(id: number): string {
    const { text, kind } = this.source.piece(id);
    if (kind === 'byte') {
      this.bytesWaiting = true;
      this.atStart = false;
      return this.bytes.decode(Uint8Array.of(byteOfPiece(text)!), { stream: true }); // checkVocabulary has seen that it is a byte
    }
    if (kind === 'control' || kind === 'unknown') {
      return this.skipSpecial ? '' : this.flush() + text;
    }
    const before = this.flush();
    const ownPrefix = this.atStart && this.source.addDummyPrefix && text.startsWith(SPACE_SYMBOL);
    this.atStart = false;
    return before + (ownPrefix ? text.slice(1) : text).replaceAll(SPACE_SYMBOL, ' ');
  }

  /** What is left at the end: U+FFFD for a character that was never finished, otherwise nothing. */
  flush(): string {
    if (!this.bytesWaiting) return '';
    this.bytesWaiting = false;
    return this.bytes.decode();
  }
}
