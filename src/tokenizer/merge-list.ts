/**
 * All merges of a vocabulary: every way to cut a piece into two symbols.
 *
 *   中国人  ->  中+国人 if 国人 is a piece, 中国+人 if 中国 is a piece
 *
 * SentencePiece merges any two neighbours whose concatenation is a piece, however training happened to build it; so one entry
 * for each piece, as in classical BPE, would not do. In which order the cuts of one piece stand makes no difference (tried on
 * 400,000 random texts). A symbol is the id of a normal piece, or ~codePoint (negative) for a character without one.
 */
import type { Vocabulary } from './vocabulary.ts';

export interface Merge {
  readonly left: number;
  readonly right: number;
  readonly merged: number;
}

/** Ids of the normal pieces by their text. Byte, control and user-defined pieces take part in no merge. */
export function normalIds(vocabulary: Vocabulary): Map<string, number> {
  const ids = new Map<string, number>();
  for (const [id, piece] of vocabulary.pieces.entries()) if (piece.kind === 'normal') ids.set(piece.text, id);
  return ids;
}

/** The merges that lead to piece `id`, shorter left parts first. */
export function splitsOf(id: number, text: string, ids: ReadonlyMap<string, number>): Merge[] {
  const merges: Merge[] = [];
  const length = text.length;
  for (let cut = widthAt(text, 0); cut < length; cut += widthAt(text, cut)) {
    const left = symbolOf(text.slice(0, cut), ids);
    const right = symbolOf(text.slice(cut), ids);
    if (left !== undefined && right !== undefined) merges.push({ left, right, merged: id });
  }
  return merges;
}

function symbolOf(text: string, ids: ReadonlyMap<string, number>): number | undefined {
  return ids.get(text) ?? (text.length === widthAt(text, 0) ? ~text.codePointAt(0)! : undefined);
}

/** UTF-16 units of the character at `at`. */
function widthAt(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}
