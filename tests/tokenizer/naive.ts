/** The definitions of BPE training and encoding, written as directly as possible: what the fast versions are held to. */

import type { Vocabulary } from '../../src/tokenizer/index.ts';
import { joins } from '../../src/tokenizer/script-classes.ts';

/** Merged pieces by searching the whole corpus for every merge. `olderFirst: false` breaks ties the wrong way, as a negative control. */
export function naiveTrain(
  documents: readonly string[],
  characters: readonly string[],
  nMerges: number,
  options: { maxPieceLength?: number; minPairCount?: number; olderFirst?: boolean } = {},
): string[] {
  const { maxPieceLength = 16, minPairCount = 2, olderFirst = true } = options;
  const symbols = [...characters];
  const rows: number[][] = [];
  for (const document of documents) {
    let row: number[] = [];
    let previous: string | undefined;
    for (const character of document) {
      const symbol = symbols.indexOf(character);
      const breaks = previous !== undefined && !joins(previous.codePointAt(0)!, character.codePointAt(0)!);
      if (breaks || symbol < 0) rows.push(row);
      if (breaks || symbol < 0) row = [];
      if (symbol >= 0) row.push(symbol);
      previous = character;
    }
    rows.push(row);
  }
  while (symbols.length < characters.length + nMerges) {
    const counts = new Map<string, { left: number; right: number; count: number }>();
    for (const row of rows) {
      for (let i = 0; i + 1 < row.length; i++) {
        const [left, right] = [row[i]!, row[i + 1]!];
        if ([...symbols[left]!, ...symbols[right]!].length > maxPieceLength) continue;
        const entry = counts.get(`${left},${right}`) ?? { left, right, count: 0 };
        entry.count++;
        counts.set(`${left},${right}`, entry);
      }
    }
    const sorted = [...counts.values()].sort(
      (a, b) => b.count - a.count || (olderFirst ? 1 : -1) * (a.left - b.left || a.right - b.right),
    );
    const best = sorted[0];
    if (best === undefined || best.count < minPairCount) break;
    const text = symbols[best.left]! + symbols[best.right]!;
    if (!symbols.includes(text)) symbols.push(text);
    const merged = symbols.indexOf(text);
    for (const row of rows) {
      for (let i = 0; i + 1 < row.length; i++) {
        if (row[i] === best.left && row[i + 1] === best.right) row.splice(i, 2, merged);
      }
    }
  }
  return symbols.slice(characters.length);
}

/** Pieces of clean text by searching all neighbours for every merge. `leftmost: false` takes the rightmost of equals, as a negative control. */
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
