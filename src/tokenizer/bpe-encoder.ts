/**
 * Byte pair encoding, the applying half: text -> ids.
 *
 *   start with single characters; then again and again: of all neighbours whose concatenation is a piece, merge those whose
 *   piece has the highest score (was learned first), of equals the leftmost; a character left without a piece becomes its
 *   UTF-8 bytes
 *
 * The symbols are a doubly linked list and the possible merges a heap, so n characters take O(n log n) instead of the O(n^2) of
 * searching the whole text for every merge (SentencePiece's bpe_model does the same). The result is identical to that search.
 */
import { Heap } from './heap.ts';
import { normalIds, splitsOf } from './merge-list.ts';
import { PairTable } from './pair-table.ts';
import { byteOfPiece } from './special-tokens.ts';
import type { Vocabulary } from './vocabulary.ts';

const GONE = -0x80000000; // merged into the symbol on its left
const END = -1;

export class BpeEncoder {
  private readonly merges: PairTable; // two symbols -> the piece they make
  private readonly rankOf: Int32Array; // piece -> 0 for the highest score; equal scores share a rank
  private readonly symbolOfCode = new Map<number, number>(); // code point -> its piece
  private readonly byteIds = new Int32Array(256);
  private readonly wholeIds = new Map<string, number>(); // user-defined pieces
  private readonly wholePattern: RegExp | undefined;

  constructor(vocabulary: Vocabulary) {
    const { pieces } = vocabulary;
    const ids = normalIds(vocabulary);
    this.rankOf = rankByScore(vocabulary, ids);
    this.merges = new PairTable(2 * ids.size);
    for (const [text, id] of ids) {
      const code = text.codePointAt(0)!; // no piece is empty
      if (text.length === (code > 0xffff ? 2 : 1)) this.symbolOfCode.set(code, id);
      for (const { left, right, merged } of splitsOf(id, text, ids)) this.merges.set(left, right, merged);
    }
    for (const [id, { text, kind }] of pieces.entries()) {
      if (kind === 'byte') this.byteIds[byteOfPiece(text)!] = id; // checkVocabulary has seen that it is one
      if (kind === 'user-defined') this.wholeIds.set(text, id);
    }
    if (this.wholeIds.size > 0) this.wholePattern = anyOf([...this.wholeIds.keys()]);
  }

  /** The ids of text that is cleaned already (see text-cleaning). */
  encode(text: string): number[] {
    const output: number[] = [];
    if (this.wholePattern === undefined) {
      this.encodeStretch(text, output);
      return output;
    }
    for (const stretch of text.split(this.wholePattern)) {
      const whole = this.wholeIds.get(stretch);
      if (whole === undefined) this.encodeStretch(stretch, output);
      else output.push(whole);
    }
    return output;
  }

  private encodeStretch(text: string, output: number[]): void {
    const { merges, rankOf } = this;
    const symbols = this.charactersOf(text);
    const length = symbols.length;
    const next = new Int32Array(length);
    const previous = new Int32Array(length);

    // One number holds a possible merge, rank first and place second, so that comparing numbers is comparing merges.
    const queue = new Heap<number>((a, b) => a < b);
    const consider = (left: number, right: number) => {
      const merged = merges.get(symbols[left]!, symbols[right]!);
      if (merged >= 0) queue.push(rankOf[merged]! * 0x100000000 + left);
    };
    for (let i = 0; i < length; i++) {
      previous[i] = i - 1;
      next[i] = i + 1 < length ? i + 1 : END;
      if (i > 0) consider(i - 1, i);
    }
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
      const rank = Math.floor(item / 0x100000000);
      const left = item - rank * 0x100000000;
      const right = next[left]!;
      if (symbols[left] === GONE || right === END) continue;
      const merged = merges.get(symbols[left]!, symbols[right]!);
      if (merged < 0 || rankOf[merged] !== rank) continue; // one of the two has changed since
      symbols[left] = merged;
      symbols[right] = GONE;
      next[left] = next[right]!;
      if (next[left] !== END) {
        previous[next[left]!] = left;
        consider(left, next[left]!);
      }
      if (previous[left]! >= 0) consider(previous[left]!, left);
    }
    for (let i = 0; i < length; i = next[i] === END ? length : next[i]!) {
      if (symbols[i]! >= 0) output.push(symbols[i]!);
      else this.pushBytes(~symbols[i]!, output);
    }
  }

  /** One symbol per character: the id of its piece, or ~codePoint. */
  private charactersOf(text: string): Int32Array {
    const symbols = new Int32Array(text.length);
    let length = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i)!; // i < text.length
      if (code > 0xffff) i++;
      symbols[length++] = this.symbolOfCode.get(code) ?? ~code;
    }
    return symbols.subarray(0, length);
  }

  /** UTF-8 (RFC 3629): 7, 11, 16 or 21 bits in one to four bytes. */
  private pushBytes(code: number, output: number[]): void {
    const { byteIds } = this;
    if (code < 0x80) {
      output.push(byteIds[code]!);
      return;
    }
    const nContinuations = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    const lead = (0xff << (7 - nContinuations)) & 0xff; // 110xxxxx, 1110xxxx, 11110xxx
    output.push(byteIds[lead | (code >> (6 * nContinuations))]!);
    for (let i = nContinuations - 1; i >= 0; i--) output.push(byteIds[0x80 | ((code >> (6 * i)) & 0x3f)]!);
  }
}

function rankByScore(vocabulary: Vocabulary, ids: ReadonlyMap<string, number>): Int32Array {
  const ranks = new Int32Array(vocabulary.pieces.length);
  const score = (id: number) => vocabulary.pieces[id]!.score; // ids come from the vocabulary
  const sorted = [...ids.values()].sort((a, b) => score(b) - score(a));
  for (let i = 1; i < sorted.length; i++) {
    const same = score(sorted[i]!) === score(sorted[i - 1]!);
    ranks[sorted[i]!] = ranks[sorted[i - 1]!]! + (same ? 0 : 1);
  }
  return ranks;
}

/** A pattern whose matches `split` keeps, the longest alternative first. */
function anyOf(texts: readonly string[]): RegExp {
  const escaped = [...texts]
    .sort((a, b) => b.length - a.length)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`(${escaped.join('|')})`, 'u');
}
