/**
 * All data of a run read once, before any work: a broken line in the last file is found now and not after hours of training.
 *
 *   inspectData(locateData('data'), { text: true, dialogues: true, preferences: false, evaluation: true })
 *     -> Map { 'pretrain.txt' => 'sha256 of its bytes', 'eval/choice/dev/world_dev.csv' => ..., ... }
 *
 * Each file goes through the reader that its stage uses, one record at a time, so a corpus may be larger than memory. The SHA-256
 * of the bytes as they lie on the disk is taken while they are read. Small files come first: what is wrong with them is known at
 * once, even where the corpus takes minutes. What only a tokenizer can tell (a dialogue longer than the context) is not asked
 * here.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import { UserError } from '../errors.ts';
import { turn } from '../event-loop.ts';
import { readAbility } from './abilities.ts';
import { readAnswerKey } from './answer-key.ts';
import { listening, readRawChunks } from './bytes/chunks.ts';
import { TokenFile } from './bytes/token-file.ts';
import { choiceFiles, readChoiceFolder } from './choices.ts';
import { readDocuments } from './corpus.ts';
import { isLearnable, readDialogues } from './dialogues.ts';
import { filesIn, RECORD_FORMATS, TEXT_FORMATS } from './formats/records.ts';
import type { DataFiles } from './layout.ts';
import { readMinimalPairs } from './minimal-pairs.ts';
import { readPreferences } from './preferences.ts';
import { readQuestions } from './questions.ts';
import { describePairs, emptyOrEqual } from './rows/pairs.ts';

/** What the chosen stages read. */
export interface Wants {
  readonly text: boolean;
  readonly dialogues: boolean;
  readonly preferences: boolean;
  readonly evaluation: boolean;
}

export interface InspectOptions {
  /** Bytes looked at so far, of all files together, and the file that is being read. */
  readonly onProgress?: (file: string, doneBytes: number, totalBytes: number) => void;
  /** Asked between records, several times a second. */
  readonly shouldStop?: () => boolean;
}

/** Milliseconds of reading between two turns of the event loop. */
const SLICE = 50;

/**
 * SHA-256 (in hex) of every file that was read, by its name relative to the directory of the data; null if it was told to stop.
 * Throws the reader's UserError at the first thing that cannot be used.
 */
export async function inspectData(
  data: DataFiles,
  wants: Wants,
  { onProgress, shouldStop }: InspectOptions = {},
): Promise<ReadonlyMap<string, string> | null> {
  const parts = partsOf(data, wants).sort((a, b) => a.bytes - b.bytes);
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const root = dirname(data.pretrain);
  const hashes = new Map<string, string>();
  let before = 0;
  for (const part of parts) {
    const heard = new Heard();
    for (const _ of slices(part, heard)) {
      onProgress?.(heard.path, Math.min(before + heard.bytes, total), total);
      await turn();
      if (shouldStop?.()) return null;
    }
    before += part.bytes;
    for (const path of part.paths) hashes.set(relative(root, path).split(sep).join('/'), heard.hashOf(path));
  }
  const { answerKey, preferencesHeldOut } = data;
  if (wants.evaluation && answerKey !== null && preferencesHeldOut !== null)
    checkJudge(answerKey, preferencesHeldOut);
  return new Map([...hashes].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One of the sets: its files, and how they are read. */
interface Part {
  readonly paths: readonly string[];
  readonly bytes: number;
  /** Goes through all records and throws at what is wrong. */
  readonly read: () => Generator<unknown>;
}

/** The SHA-256 of what is heard of each file, and how far the reading has come. */
class Heard {
  path = '';
  bytes = 0;
  private readonly hashes = new Map<string, ReturnType<typeof createHash>>();
  private readonly positions = new Map<string, number>();

  piece(path: string, piece: Uint8Array): void {
    const hash = this.hashes.get(path) ?? createHash('sha256');
    this.hashes.set(path, hash.update(piece));
    this.path = path;
    this.bytes += piece.length;
  }

  /** Parquet: read by position first, then once more from front to back. */
  reached(path: string, offset: number): void {
    const last = this.positions.get(path) ?? 0;
    if (offset <= last) return;
    this.positions.set(path, offset);
    this.path = path;
    this.bytes += offset - last;
  }

  hashOf(path: string): string {
    return (this.hashes.get(path) ?? createHash('sha256')).digest('hex');
  }
}

/** Yields whenever SLICE milliseconds have gone, and at the end. */
function* slices({ paths, read }: Part, heard: Heard): Generator<void> {
  const byPosition = paths.filter(isReadByPosition);
  for (const work of [read(), ...(byPosition.length > 0 ? [rawBytesOf(byPosition)] : [])]) {
    try {
      for (let done = false; !done; ) {
        const end = performance.now() + SLICE;
        listening(heard, () => {
          while (!done && performance.now() < end) done = work.next().done === true;
        });
        yield;
      }
    } finally {
      work.return(undefined); // told to stop: close the file
    }
  }
}

function* rawBytesOf(paths: readonly string[]): Generator<unknown> {
  for (const path of paths) yield* readRawChunks(path);
}

function isReadByPosition(path: string): boolean {
  return /\.(parquet|bin)$/i.test(path);
}

function partsOf(data: DataFiles, wants: Wants): Part[] {
  const parts: Part[] = [];
  const add = (paths: readonly string[], read: Part['read']) => {
    if (parts.some((part) => part.paths[0] === paths[0])) return; // two of the wants need it
    const bytes = paths.reduce((sum, path) => sum + (isReadByPosition(path) ? 2 : 1) * sizeOf(path), 0);
    parts.push({ paths, bytes, read });
  };
  const { pretrain, heldOut, sft, sftHeldOut, preferences, preferencesHeldOut } = data;
  const { questions, abilities, choices, minimalPairs, answerKey } = data;
  const isTokens = pretrain.endsWith('.bin');
  // Without a file of held-out text, every 50th document of the corpus is one.
  if (wants.text || (wants.evaluation && heldOut === null && !isTokens)) {
    if (isTokens) add([pretrain], () => whole(() => checkTokens(pretrain)));
    else add(filesIn(pretrain, TEXT_FORMATS), () => documents(pretrain));
  }
  if ((wants.text || wants.evaluation) && heldOut !== null)
    add(filesIn(heldOut, TEXT_FORMATS), () => documents(heldOut));
  if (wants.dialogues)
    for (const path of [sft, sftHeldOut])
      if (path !== null) add(filesIn(path, RECORD_FORMATS), () => dialogues(path));
  if (wants.preferences && preferences !== null)
    add(filesIn(preferences, RECORD_FORMATS), () => pairs(preferences));
  if ((wants.preferences || wants.evaluation) && preferencesHeldOut !== null)
    add(filesIn(preferencesHeldOut, RECORD_FORMATS), () => pairs(preferencesHeldOut));
  if (!wants.evaluation) return parts;
  for (const path of questions.values()) add([path], () => whole(() => readQuestions(path)));
  for (const [name, path] of abilities) add([path], () => whole(() => readAbility[name](path)));
  if (minimalPairs !== null) add([minimalPairs], () => whole(() => readMinimalPairs(minimalPairs)));
  if (answerKey !== null) add([answerKey], () => whole(() => readAnswerKey(answerKey)));
  if (choices !== null) {
    const files = choiceFiles(choices);
    add([...files.questions, ...files.examples], () => whole(() => readChoiceFolder(choices)));
  }
  return parts;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0; // a missing file is the reader's to refuse
}

/** Sets that are small, and read at once. */
function* whole(read: () => unknown): Generator<unknown> {
  yield read();
}

function* documents(path: string): Generator<void> {
  let n = 0;
  for (const _ of readDocuments(path)) {
    n++;
    yield;
  }
  if (n === 0) throw new UserError(`${path} holds no text; give a file with at least one document`);
}

function checkTokens(path: string): void {
  const file = new TokenFile(path);
  file.close();
  if (file.length < 2) {
    throw new UserError(
      `${path} holds ${file.length} tokens; at least two are needed to learn what follows what`,
    );
  }
}

function* dialogues(path: string): Generator<void> {
  let [kept, silent] = [0, 0];
  for (const dialogue of readDialogues(path)) {
    if (isLearnable(dialogue)) kept++;
    else silent++;
    yield;
  }
  if (kept > 0) return;
  const why = silent === 0 ? 'there are none' : `left out: ${silent} with an empty question or answer`;
  throw new UserError(`${path}: no dialogue to learn from, ${why}`);
}

function* pairs(path: string): Generator<void> {
  const skipped = { equal: 0, empty: 0, noRoom: 0, tooLong: 0 };
  let kept = 0;
  for (const pair of readPreferences(path)) {
    const why = emptyOrEqual(pair);
    if (why === null) kept++;
    else skipped[why]++;
    yield;
  }
  if (kept === 0) describePairs({ pairs: [], skipped }, path); // throws
}

/** The judge asks the questions of the held-out pairs that its key knows; the mean over none of them would be nothing at all. */
function checkJudge(answerKey: string, pairsPath: string): void {
  const known = new Set(readAnswerKey(answerKey).flatMap(({ questions }) => questions));
  for (const { prompt } of readPreferences(pairsPath)) if (known.has(prompt)) return;
  throw new UserError(
    `${answerKey} knows none of the questions of ${pairsPath}, so there is nothing to judge; add them, or leave the key out`,
  );
}
