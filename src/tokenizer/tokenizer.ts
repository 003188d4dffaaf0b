/**
 * The tokenizer: text -> ids -> text, and the ids of the special tokens.
 *
 *   encode = clean the text, merge characters into pieces, write the rest as bytes      decode(encode(text)) = text
 *
 * with two exceptions that clean text does not contain: "▁" (U+2581) comes back as a space and a lone surrogate as U+FFFD.
 * `encode` knows no special tokens: `<|user|>` in a text is eight ordinary characters. Conversations are encoded in
 * chat-template.ts.
 */
import { UserError } from '../errors.ts';
import { BpeEncoder } from './bpe-encoder.ts';
import { type Role, roleToken } from './special-tokens.ts';
import { type DecodeOptions, StreamDecoder } from './stream-decoder.ts';
import { cleanText } from './text-cleaning.ts';
import { checkVocabulary, type Piece, type Vocabulary } from './vocabulary.ts';

export class Tokenizer {
  readonly vocabulary: Vocabulary;
  readonly vocabSize: number;
  readonly addDummyPrefix: boolean;
  /** Id of `<unk>`. Byte fallback encodes every character, so no text produces it. */
  readonly unkId: number;
  /**
   * What fills up a batch: the vocabulary's own padding piece or, in our models, `<unk>` (the reason is in special-tokens.ts).
   */
  readonly padId: number;

  private readonly encoder: BpeEncoder;
  private readonly ids: ReadonlyMap<string, number>;

  /** `source` names where the vocabulary came from, for the error if it is unusable. */
  constructor(vocabulary: Vocabulary, source = 'tokenizer') {
    checkVocabulary(vocabulary, source);
    this.vocabulary = vocabulary;
    this.vocabSize = vocabulary.pieces.length;
    this.addDummyPrefix = vocabulary.addDummyPrefix;
    this.unkId = vocabulary.pieces.findIndex((piece) => piece.kind === 'unknown');
    this.padId = vocabulary.padId ?? this.unkId;
    this.encoder = new BpeEncoder(vocabulary);
    this.ids = new Map(vocabulary.pieces.map((piece, id) => [piece.text, id]));
  }

  /** The ids of `text`, without any special token. About n log n time for n characters. */
  encode(text: string): number[] {
    return this.encoder.encode(cleanText(text, this.addDummyPrefix));
  }

  /** The text of `ids`. Byte sequences that are not UTF-8 become U+FFFD; an id out of range is a UserError. */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const decoder = new StreamDecoder(this, options);
    const parts: string[] = [];
    for (const id of ids) parts.push(decoder.push(id));
    parts.push(decoder.flush());
    return parts.join('');
  }

  /** Everything known about an id. */
  piece(id: number): Piece {
    const piece = this.vocabulary.pieces[id];
    if (piece === undefined) {
      throw new UserError(
        `tokenizer: there is no token ${id}, the ids go from 0 to ${this.vocabSize - 1}; were they made with another tokenizer?`,
      );
    }
    return piece;
  }

  /** `▁the`, `中国`, `<0x0A>`, `</s>`. */
  pieceOf(id: number): string {
    return this.piece(id).text;
  }

  /** The id of a piece written exactly so, or undefined. */
  idOf(piece: string): number | undefined {
    return this.ids.get(piece);
  }

  /** Is this an id that no text produces (`<unk>`, `</s>`, `<|user|>`)? */
  isSpecial(id: number): boolean {
    const { kind } = this.piece(id);
    return kind === 'control' || kind === 'unknown';
  }

  get bosId(): number | undefined {
    return this.vocabulary.bosId;
  }

  /** The end of a document and of a chat message. */
  get eosId(): number {
    const id = this.vocabulary.eosId;
    if (id === undefined)
      throw new UserError('tokenizer: there is no end-of-text token; use a tokenizer that has </s>');
    return id;
  }

  get systemId(): number {
    return this.roleId('system');
  }

  get userId(): number {
    return this.roleId('user');
  }

  get assistantId(): number {
    return this.roleId('assistant');
  }

  /** The token that opens a message of this role; a UserError if this tokenizer was not made for conversations. */
  roleId(role: Role): number {
    const id = this.idOf(roleToken(role));
    if (id === undefined || !this.isSpecial(id)) {
      throw new UserError(
        `tokenizer: there is no special token ${roleToken(role)}, so no conversation can be written; ` +
          'add it with withControlTokens',
      );
    }
    return id;
  }
}
