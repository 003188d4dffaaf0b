/**
 * The corpus as the trainer needs it: every distinct segment once, with the number of times it occurs, and a count of every
 * character.
 *
 * A segment is a longest stretch of characters in which each neighbour joins the next (see script-classes): a clause of 汉字, a
 * word with its "▁". No piece can reach beyond one, so nothing else of the corpus matters. Documents pass through once and are
 * forgotten: memory grows with the distinct segments, at 4 bytes per character. Segments of one character cannot merge and are
 * not kept.
 */
import { joins } from './script-classes.ts';

/** Stands after every segment. Any other value in `codes` is a code point. */
export const SEPARATOR = -0x80000000;

export class SegmentCounter {
  /** The distinct segments one after the other, each closed by SEPARATOR; `length` cells are in use. */
  codes = new Int32Array(1 << 14);
  length = 0;
  /** For segment s: where it starts in `codes`, and how often it occurred. */
  readonly starts: number[] = [];
  readonly counts: number[] = [];
  /** How often each code point occurred. */
  readonly characterCounts = new Float64Array(0x110000);

  private table = new Int32Array(1 << 14).fill(-1); // hash -> segment, linear probing
  private readonly hashes: number[] = [];

  /** Counts one document, cleaned already (see text-cleaning). One pass, whatever the length of its lines. */
  add(text: string): void {
    let open = this.length; // where the segment being read starts
    let hash = 0;
    let previous = -1;
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i)!; // i < text.length
      if (code > 0xffff) i++;
      this.characterCounts[code]!++;
      if (previous >= 0 && !joins(previous, code)) {
        this.close(open, hash);
        open = this.length;
        hash = 0;
      }
      this.write(code);
      hash = Math.imul(hash ^ code, 0x01000193) + 0x9e37;
      previous = code;
    }
    this.close(open, hash);
  }

  private write(value: number): void {
    if (this.length === this.codes.length) {
      const larger = new Int32Array(2 * this.codes.length);
      larger.set(this.codes);
      this.codes = larger;
    }
    this.codes[this.length++] = value;
  }

  /** Ends the segment codes[open, length): a new one stays where it was written, a known one is counted and taken back. */
  private close(open: number, rawHash: number): void {
    const size = this.length - open;
    if (size >= 2) {
      const hash = (rawHash ^ (rawHash >>> 15)) | 0;
      const mask = this.table.length - 1;
      let slot = Math.imul(hash, 0x9e3779b1) & mask;
      for (; this.table[slot] !== -1; slot = (slot + 1) & mask) {
        const segment = this.table[slot]!;
        if (this.hashes[segment] === hash && this.equals(this.starts[segment]!, open, size)) {
          this.counts[segment]!++;
          this.length = open;
          return;
        }
      }
      this.table[slot] = this.starts.length;
      this.starts.push(open);
      this.counts.push(1);
      this.hashes.push(hash);
      this.write(SEPARATOR);
      if (2 * this.starts.length > this.table.length) this.growTable();
    } else {
      this.length = open;
    }
  }

  private equals(start: number, open: number, size: number): boolean {
    for (let i = 0; i < size; i++) if (this.codes[start + i] !== this.codes[open + i]) return false;
    return this.codes[start + size] === SEPARATOR;
  }

  private growTable(): void {
    const mask = 2 * this.table.length - 1;
    this.table = new Int32Array(mask + 1).fill(-1);
    for (let segment = 0; segment < this.starts.length; segment++) {
      let slot = Math.imul(this.hashes[segment]!, 0x9e3779b1) & mask;
      while (this.table[slot] !== -1) slot = (slot + 1) & mask;
      this.table[slot] = segment;
    }
  }
}
