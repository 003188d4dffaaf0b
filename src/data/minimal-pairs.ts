/**
 * Minimal pairs, one per line: two sentences that differ in one point, of which one is right.
 *
 *   {"kind": "measure-word", "good": "我画了一头牛。", "bad": "我画了一封牛。"}
 */
import { listJsonl } from './formats/jsonl.ts';
import { stringField } from './formats/record.ts';

export interface MinimalPair {
  /** What the two differ in, such as measure-word or word-order. */
  readonly kind: string;
  readonly good: string;
  readonly bad: string;
}

export function readMinimalPairs(path: string): MinimalPair[] {
  return listJsonl(path, 'pair of sentences', (record) => ({
    kind: stringField(record, 'kind'),
    good: stringField(record, 'good'),
    bad: stringField(record, 'bad'),
  }));
}
