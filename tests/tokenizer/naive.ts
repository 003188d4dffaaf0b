/**
 * Encoding by its definition, and the words of a text: what the fast trainer and encoder are held to, together with
 * bpe-plain.ts.
 */
import type { Vocabulary } from '../../src/tokenizer/index.ts';
import { joins } from '../../src/tokenizer/script-classes.ts';

/** The documents (clean) cut wherever two neighbouring characters may not share a piece. */
export function wordsOf(documents: readonly string[]): string[] {
  const words: string[] = [];
  for (const document of documents) {
    let word = '';
    let previous: string | undefined;
    for (const character of document) {
      if (previous !== undefined && !joins(previous.codePointAt(0)!, character.codePointAt(0)!)) {
        words.push(word);
        word = '';
      }
      word += character;
      previous = character;
    }
    words.push(word);
  }
  return words;
}

/**
 * Pieces of clean text by searching all neighbours for every merge. `leftmost: false` takes the rightmost of equals, as a
 * negative control.
 */
export function naiveEncode(text: string, vocabulary: Vocabulary, leftmost = true): number[] {
  const pieces = vocabulary.pieces;
  const ids = new Map(
    pieces.flatMap((piece, id) => (piece.kind === 'normal' ? [[piece.text, id] as const] : [])),
  );
  const symbols = [...text];
  for (;;) {
    let place = -1;
    let best = Number.NEGATIVE_INFINITY;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const id = ids.get(symbols[i]! + symbols[i + 1]!);
      if (id === undefined) continue;
      const { score } = pieces[id]!;
      if (score > best || (score === best && !leftmost)) {
        best = score;
        place = i;
      }
    }
    if (place < 0) break;
    symbols.splice(place, 2, symbols[place]! + symbols[place + 1]!);
  }
  const byteIds = new Map(
    pieces.flatMap((piece, id) => (piece.kind === 'byte' ? [[piece.text, id] as const] : [])),
  );
  return symbols.flatMap((symbol) => {
    const id = ids.get(symbol);
    if (id !== undefined) return [id];
    return [...new TextEncoder().encode(symbol)].map(
      (byte) => byteIds.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)!,
    );
  });
}
