/**
 * Where every pair of neighbouring symbols stands in the corpus, kept true while symbols are merged.
 *
 * The corpus is one flat array of cells, one cell per character. A symbol covers as many cells as it has characters: its first
 * cell holds its number, its last cell (if another one) points back to the first, so both neighbours are found without any
 * links:
 *
 *   cells   中  国  人  |        merge 中+国       ㊥  ~0  人  |          next of 0 is 0 + length, previous of 2 is ~cells[1] = 0
 *
 * The occurrences of a pair are a doubly linked list through the cells where the pair begins; each cell begins at most one pair.
 * A merge therefore costs time only where it happens, and all merges together cost no more than the corpus has characters.
 */
import { PairTable } from './pair-table.ts';
import { SEPARATOR, type SegmentCounter } from './segment-counter.ts';

const NONE = -1;
/** Cells after which `build` rests. */
const REST = 1 << 15;

/** A pair whose count has grown, as `merge` and `build` report it. */
export interface PairCount {
  readonly pair: number;
  readonly left: number;
  readonly right: number;
  readonly count: number;
}

export class PairIndex {
  /** `counts[pair]`: the sum over its occurrences, overlapping ones included, of how often their segment occurs in the corpus. */
  readonly counts: number[] = [];

  private readonly cells: Int32Array; // symbol, or ~start in the last cell of a longer symbol, or SEPARATOR
  private readonly weights: Uint32Array; // how often the segment of this cell occurs
  private readonly after: Int32Array; // next occurrence of the pair that begins here
  private readonly before: Int32Array; // previous occurrence
  private readonly heads: number[] = []; // first occurrence of each pair
  private readonly table = new PairTable(1 << 12); // two symbols -> pair
  private readonly lengths: number[]; // characters in each symbol
  private readonly maxPieceLength: number;
  private readonly raised = new Map<number, { left: number; right: number }>();
  private readonly segments: SegmentCounter;
  private readonly symbolOf: (code: number) => number;

  /**
   * Takes over `segments.codes`; empty until `build` has gone through them. `symbolOf` gives the symbol of a code point, or -1
   * for a character that has none and ends the stretch.
   */
  constructor(
    segments: SegmentCounter,
    symbolOf: (code: number) => number,
    nCharacters: number,
    maxPieceLength: number,
  ) {
    const { length } = segments;
    this.segments = segments;
    this.symbolOf = symbolOf;
    this.cells = segments.codes;
    this.weights = new Uint32Array(length);
    this.after = new Int32Array(length);
    this.before = new Int32Array(length);
    this.lengths = new Array<number>(nCharacters).fill(1);
    this.maxPieceLength = maxPieceLength;
  }

  /** Enters every pair of the corpus, resting now and then. */
  *build(): Generator<undefined, void> {
    const { length, starts, counts } = this.segments;
    for (let i = 0; i < length; i++) {
      const code = this.cells[i]!;
      const symbol = code === SEPARATOR ? NONE : this.symbolOf(code);
      this.cells[i] = symbol === NONE ? SEPARATOR : symbol;
      if (i % REST === 0) yield;
    }
    for (let segment = 0; segment < starts.length; segment++) {
      this.weights.fill(counts[segment]!, starts[segment]!, starts[segment + 1] ?? length);
    }
    for (let i = length - 1; i >= 0; i--) {
      if (this.cells[i] !== SEPARATOR) this.link(i);
      if (i % REST === 0) yield;
    }
  }

  /** The pairs whose count has grown since the last call. */
  takeRaised(): PairCount[] {
    const list = [...this.raised].map(([pair, { left, right }]) => ({
      pair,
      left,
      right,
      count: this.counts[pair]!,
    }));
    this.raised.clear();
    return list;
  }

  /**
   * Replaces every occurrence of (left, right), from left to right, by `symbol`, which is new or an older symbol of the same
   * text.
   */
  merge(pair: number, left: number, right: number, symbol: number): void {
    const { cells, lengths } = this;
    lengths[symbol] = lengths[left]! + lengths[right]!;
    for (const start of this.occurrences(pair)) {
      // In "aaa" the pair (a, a) occurs twice; once the first is merged, the second is no longer there.
      const middle = start + lengths[left]!;
      if (cells[start] !== left || cells[middle] !== right) continue;
      const previous = this.previousOf(start);
      if (previous !== NONE) this.unlink(previous);
      this.unlink(start);
      this.unlink(middle);
      cells[middle] = ~start;
      cells[middle + lengths[right]! - 1] = ~start;
      cells[start] = symbol;
      if (previous !== NONE) this.link(previous);
      this.link(start);
    }
  }

  private occurrences(pair: number): Int32Array {
    const list: number[] = [];
    for (let at = this.heads[pair]!; at !== NONE; at = this.after[at]!) list.push(at);
    return Int32Array.from(list).sort(); // numerically: from left to right
  }

  private previousOf(start: number): number {
    if (start === 0) return NONE;
    const cell = this.cells[start - 1]!;
    if (cell === SEPARATOR) return NONE;
    return cell >= 0 ? start - 1 : ~cell;
  }

  /** Enters the pair that begins at `start`, if there is one and it is short enough for a piece. */
  private link(start: number): void {
    const { cells, lengths, heads, counts } = this;
    const left = cells[start]!;
    const right = cells[start + lengths[left]!]!;
    if (right === SEPARATOR || lengths[left]! + lengths[right]! > this.maxPieceLength) return;
    let pair = this.table.get(left, right);
    if (pair === NONE) {
      pair = counts.length;
      this.table.set(left, right, pair);
      counts.push(0);
      heads.push(NONE);
    }
    const head = heads[pair]!;
    counts[pair]! += this.weights[start]!;
    this.after[start] = head;
    this.before[start] = NONE;
    if (head !== NONE) this.before[head] = start;
    heads[pair] = start;
    if (!this.raised.has(pair)) this.raised.set(pair, { left, right });
  }

  /** Takes out the pair that begins at `start`, if there is one. */
  private unlink(start: number): void {
    const { cells, lengths } = this;
    const left = cells[start]!;
    const right = cells[start + lengths[left]!]!;
    if (right === SEPARATOR) return;
    const pair = this.table.get(left, right);
    if (pair === NONE) return; // too long to be a piece, never entered
    this.counts[pair]! -= this.weights[start]!;
    const next = this.after[start]!;
    const previous = this.before[start]!;
    if (previous === NONE) this.heads[pair] = next;
    else this.after[previous] = next;
    if (next !== NONE) this.before[next] = previous;
  }
}
