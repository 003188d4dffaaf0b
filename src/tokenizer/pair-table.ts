/**
 * A map from two 32-bit integers to one that is not negative: open addressing with linear probing in flat arrays.
 *
 * Trainer and encoder ask "what do these two symbols make?" tens of millions of times. A JavaScript Map would need one number
 * or string made for every question; this table needs 12 bytes per slot and allocates nothing.
 */
const EMPTY = -1;

export class PairTable {
  private lefts: Int32Array;
  private rights: Int32Array;
  private values: Int32Array;
  private used = 0;

  /** `expected`: about how many pairs will come; the table grows when there are more. */
  constructor(expected = 512) {
    let slots = 16;
    while (slots < 2 * expected) slots *= 2;
    this.lefts = new Int32Array(slots);
    this.rights = new Int32Array(slots);
    this.values = new Int32Array(slots).fill(EMPTY);
  }

  /** The value of (left, right), or -1. */
  get(left: number, right: number): number {
    return this.values[this.slotOf(left, right)]!;
  }

  /** Sets the value, a whole number >= 0, of (left, right). */
  set(left: number, right: number, value: number): void {
    let slot = this.slotOf(left, right);
    if (this.values[slot] === EMPTY) {
      if (2 * (this.used + 1) > this.values.length) {
        this.grow();
        slot = this.slotOf(left, right);
      }
      this.used++;
      this.lefts[slot] = left;
      this.rights[slot] = right;
    }
    this.values[slot] = value;
  }

  /** The slot that holds (left, right), or the empty one where it belongs. At most half the slots are used, so there is one. */
  private slotOf(left: number, right: number): number {
    const { lefts, rights, values } = this;
    const mask = values.length - 1;
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca77);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    while (values[slot] !== EMPTY && (lefts[slot] !== left || rights[slot] !== right))
      slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { lefts, rights, values } = this;
    this.lefts = new Int32Array(2 * lefts.length);
    this.rights = new Int32Array(2 * lefts.length);
    this.values = new Int32Array(2 * lefts.length).fill(EMPTY);
    for (let i = 0; i < values.length; i++) {
      if (values[i] === EMPTY) continue;
      const slot = this.slotOf(lefts[i]!, rights[i]!);
      this.lefts[slot] = lefts[i]!;
      this.rights[slot] = rights[i]!;
      this.values[slot] = values[i]!;
    }
  }
}
