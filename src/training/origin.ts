/**
 * stage.json: what a stage was made of. It stands in the directory of every stage, and is what makes a run one thing.
 *
 *   { stage, seed, context, quick,  settings, own,   model,              from,                        data }
 *                                   knobs            of new weights      SHA-256 of vocabulary,       SHA-256 of each file
 *                                                                        weights, reward model
 *
 * A run that is resumed takes a stage for its own only if it would make it of the same things again. A stage whose `from` names
 * weights that are no longer there belongs to another run.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { WEIGHTS_FILE } from '../formats/hf/model-files.ts';
import { tokenizerFile } from '../formats/hf/tokenizer-files.ts';
import { anything, boolean, type Infer, number, object, optional, parse, record, text } from '../schema.ts';
import { locateDirectory } from '../storage/atomic.ts';
import { sumOf } from '../storage/checksums.ts';
import { readText } from '../storage/read-file.ts';
import type { Product } from './stage.ts';

/** What a stage can be made from: a vocabulary, a language model to go on from, a reward model to please. */
export type Role = 'vocabulary' | 'model' | 'rewards';

/** The role of what a stage leaves in those made from it. */
export function roleOf(product: Product): Role {
  return product === 'vocabulary' || product === 'rewards' ? product : 'model';
}

const sum = text(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal digits');

const originSchema = object({
  stage: text(),
  seed: number({ whole: true, min: 0 }),
  /** Tokens in a row. */
  context: number({ whole: true, min: 1 }),
  /** A part of the data. */
  quick: boolean(),
  /** Values of the knobs of the loop, and of the stage's own. */
  settings: record(anything()),
  own: record(anything()),
  /** The config of new weights; empty where it went on from others. */
  model: record(anything()),
  /** What it started from and read besides, by role: SHA-256 of its content. */
  from: object({ vocabulary: optional(sum), model: optional(sum), rewards: optional(sum) }),
  /** SHA-256 of the files it learned from, by name. */
  data: record(sum),
});

export type Origin = Infer<typeof originSchema>;

const IN_WORDS: Readonly<Record<Role, string>> = {
  vocabulary: 'vocabulary',
  model: 'model to start from',
  rewards: 'reward model',
};

export const ORIGIN_FILE = 'stage.json';

/** Null where the directory was not made by a stage of this program. */
export function readOrigin(directory: string): Origin | null {
  const path = join(locateDirectory(directory), ORIGIN_FILE);
  return existsSync(path) ? parse(originSchema, readText(path), path, 'use another checkpoint') : null;
}

/** SHA-256 of the weights in a model directory; null where there are none. */
export function weightsIn(directory: string): string | null {
  const place = locateDirectory(directory);
  return existsSync(join(place, WEIGHTS_FILE)) ? sumOf(place, WEIGHTS_FILE) : null;
}

/** SHA-256 of the vocabulary in a model or tokenizer directory; null where there is none. */
export function vocabularyIn(directory: string): string | null {
  const place = locateDirectory(directory);
  const file = tokenizerFile((name) => existsSync(join(place, name)));
  return existsSync(join(place, file)) ? sumOf(place, file) : null;
}

/** What a stage's directory is known by in the stages made from it. */
export function identityOf(directory: string): string | null {
  return weightsIn(directory) ?? vocabularyIn(directory);
}

/** What differs between two origins, in words, the most telling first; empty where nothing does. */
export function differences(before: Origin, now: Origin): string[] {
  const scalar = (['seed', 'context', 'quick'] as const).flatMap((name) =>
    changed(name, before[name], now[name]),
  );
  const groups = (['settings', 'own', 'model'] as const).flatMap((group) =>
    keysOf(before[group], now[group]).flatMap((name) => changed(name, before[group][name], now[group][name])),
  );
  const from = keysOf(before.from, now.from)
    .filter((role) => before.from[role as Role] !== now.from[role as Role])
    .map((role) => `another ${IN_WORDS[role as Role]}`);
  const data = keysOf(before.data, now.data)
    .filter((name) => before.data[name] !== now.data[name])
    .map((name) => `other data in ${name}`);
  return [...scalar, ...groups, ...from, ...data];
}

/** A stage that was made of other things than this run would make it of is not taken for its own. */
export function requireSame(directory: string, before: Origin | null, now: Origin, data: string): void {
  if (before === null) {
    throw new UserError(
      `${directory} does not say what it was made of (no ${ORIGIN_FILE}): an earlier version of this program ` +
        'made it, and this one cannot continue it; start a new run with --out',
    );
  }
  const differ = differences(before, now);
  if (differ.length === 0) return;
  throw new UserError(
    `${directory} was made with ${differ.slice(0, 3).join(', ')}${differ.length > 3 ? ', and more' : ''} ` +
      `than this run has now (--data ${data}); undo the change, or start a new run with --out`,
  );
}

function keysOf(...values: readonly object[]): string[] {
  return [...new Set(values.flatMap(Object.keys))];
}

function changed(name: string, before: unknown, now: unknown): string[] {
  const [was, is] = [before, now].map((value) => JSON.stringify(value) ?? 'nothing');
  return was === is ? [] : [`another ${name} (${was}, not ${is})`];
}
