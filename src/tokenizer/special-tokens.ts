/**
 * The fixed beginning of every vocabulary made here, and the only tokens that are not text.
 *
 *   0 <unk>   1 <s>   2 </s>   3 <|system|>   4 <|user|>   5 <|assistant|>   6..261 <0x00>..<0xFF>   262.. pieces
 *
 * They exist as ids only. `encode` never looks for their names, so a user who types `<|assistant|>` or `</s>` gets the ordinary
 * characters; only `encodeDialogue` and the code that packs documents put the ids in.
 * Padding is `<unk>`: byte fallback makes every text encodable, hence id 0 never occurs in data and masking it hides nothing.
 * Padding with `</s>`, which is also common, makes a collator that masks padding hide the end of every answer too.
 */
export const UNK = '<unk>';
export const BOS = '<s>';
export const EOS = '</s>';

export type Role = 'system' | 'user' | 'assistant';
export const ROLES: readonly Role[] = ['system', 'user', 'assistant'];

/** The token that opens a message of this role: `<|user|>`. */
export function roleToken(role: Role): string {
  return `<|${role}|>`;
}

export const CONTROL_TOKENS: readonly string[] = [BOS, EOS, ...ROLES.map(roleToken)];
export const FIRST_BYTE_ID = 1 + CONTROL_TOKENS.length; // 6
export const FIRST_PIECE_ID = FIRST_BYTE_ID + 256; // 262

/** The names that the reference appends to ChatGLM3's 64,789 pieces, as ids 64789..64797 (see `withControlTokens`). */
export const CHATGLM3_CONTROL_TOKENS: readonly string[] = [
  '[MASK]',
  '[gMASK]',
  '[sMASK]',
  'sop',
  'eop',
  ...ROLES.map(roleToken),
  '<|observation|>',
];

/** The piece that stands for one byte: 10 -> `<0x0A>`. */
export function bytePiece(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** The byte a piece stands for: `<0x0A>` -> 10; undefined if the piece is none of the 256. */
export function byteOfPiece(piece: string): number | undefined {
  return /^<0x[0-9A-F]{2}>$/.test(piece) ? Number.parseInt(piece.slice(3, 5), 16) : undefined;
}
