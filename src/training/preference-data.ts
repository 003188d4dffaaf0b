/**
 * Preference pairs for a stage: read, encoded, and as batches with all chosen answers first.
 */

import type { DataFiles } from '../data/layout.ts';
import { readPreferences } from '../data/preferences.ts';
import { answerLength } from '../data/rows/answers.ts';
import { describePairs, encodePairs, type Pair } from '../data/rows/pairs.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { fingerprint } from './checkpoint.ts';
import type { Reporter } from './reporter.ts';

export interface PairFiles {
  readonly pairs: readonly Pair[];
  readonly heldOut: readonly Pair[];
}

/** At most `limit` training pairs; what is left out is counted in a note, no pair at all is refused. */
export function readPairs(
  files: DataFiles,
  tokenizer: Tokenizer,
  { context, limit = Infinity }: { readonly context: number; readonly limit?: number },
  reporter: Reporter,
): PairFiles {
  const encode = (path: string) => {
    const encoded = encodePairs(readPreferences(path), tokenizer, context);
    reporter.note(`${path}: ${describePairs(encoded, path)}`);
    return encoded.pairs;
  };
  const pairs = encode(files.preferences!).slice(0, limit); // the run has checked that there is a file
  return { pairs, heldOut: files.preferencesHeldOut === null ? [] : encode(files.preferencesHeldOut) };
}

/** P pairs: P chosen answers, then the P rejected ones. */
export interface PairBatch<P extends Pair = Pair> {
  readonly pairs: readonly P[];
  readonly answers: readonly Pair['chosen'][];
}

export function pairBatch<P extends Pair>(pairs: readonly P[]): PairBatch<P> {
  return { pairs, answers: [...pairs.map(({ chosen }) => chosen), ...pairs.map(({ rejected }) => rejected)] };
}

/** How the loop counts pairs: each once. */
export const ofPairs = {
  weight: () => 1,
  tokens: ({ chosen, rejected }: Pair) => chosen.ids.length + rejected.ids.length,
  batch: pairBatch,
  dropout: false,
};

export function fingerprintOf(pairs: readonly Pair[]): string {
  const numbers = pairs.flatMap(({ chosen, rejected }) =>
    [chosen, rejected].flatMap((answer) => [answerLength(answer), ...answer.ids]),
  );
  return fingerprint(Uint32Array.from(numbers));
}
