/**
 * Preference pairs for a stage: read, encoded, and as batches with all chosen answers first.
 */
import type { DataFiles } from '../data/layout.ts';
import { readPreferences } from '../data/preferences.ts';
import { answerLength } from '../data/rows/answers.ts';
import { describePairs, encodePairsInTurns, type Pair, requirePair } from '../data/rows/pairs.ts';
import { UserError } from '../errors.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { fingerprintOf } from './checkpoint.ts';
import type { Reporter } from './reporter.ts';

export interface PairFiles {
  readonly pairs: readonly Pair[];
  readonly heldOut: readonly Pair[];
}

export interface PairOptions {
  /** Tokens that prompt and answer may have. */
  readonly context: number;
  /** A part of the pairs is enough. */
  readonly quick?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const QUICK_PAIRS = 240;

/** The file of preferences, where a run has checked that there is one. */
export function preferencesOf(files: DataFiles): string {
  if (files.preferences === null) throw new UserError('This stage needs preferences, and the data has none');
  return files.preferences;
}

/** What is left out is counted in a note, no pair at all is refused. */
export async function readPairs(
  files: DataFiles,
  tokenizer: Tokenizer,
  { context, quick = false, signal }: PairOptions,
  reporter: Reporter,
): Promise<PairFiles> {
  const encode = async (path: string) => {
    const encoded = await encodePairsInTurns(readPreferences(path), tokenizer, context, signal);
    reporter.note(`${path}: ${describePairs(encoded, path)}`);
    return encoded.pairs;
  };
  const pairs = (await encode(preferencesOf(files))).slice(0, quick ? QUICK_PAIRS : Infinity);
  return { pairs, heldOut: files.preferencesHeldOut === null ? [] : await encode(files.preferencesHeldOut) };
}

/** Refuses files of which no pair fits the context, without reading further than the first that does. */
export function rehearsePairs(
  files: DataFiles,
  { tokenizer, context }: { readonly tokenizer: Tokenizer; readonly context: number },
): void {
  for (const path of [preferencesOf(files), files.preferencesHeldOut])
    if (path !== null) requirePair(readPreferences(path), tokenizer, context, path);
}

/** P pairs: P chosen answers, then the P rejected ones. */
export interface PairBatch<P extends Pair = Pair> {
  readonly pairs: readonly P[];
  readonly answers: readonly Pair['chosen'][];
}

export function pairBatch<P extends Pair>(pairs: readonly P[]): PairBatch<P> {
  return { pairs, answers: [...pairs.map(({ chosen }) => chosen), ...pairs.map(({ rejected }) => rejected)] };
}

/** An objective over pairs: each counts once, and no dropout decides which of two answers is better. */
export const ofPairs = {
  weight: () => 1,
  tokens: ({ chosen, rejected }: Pair) => chosen.ids.length + rejected.ids.length,
  batch: pairBatch,
  dropout: false,
};

export function fingerprintOfPairs(pairs: readonly Pair[]): string {
  const numbers = pairs.flatMap(({ chosen, rejected }) =>
    [chosen, rejected].flatMap((answer) => [answerLength(answer), ...answer.ids]),
  );
  return fingerprintOf([Uint32Array.from(numbers)]);
}
