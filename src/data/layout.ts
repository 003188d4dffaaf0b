/**
 * What `--data` names: a directory in the layout of the shipped data/, or a single corpus file.
 *
 *   pretrain.txt (or .jsonl)       text to learn the language from
 *   heldout.txt (or .jsonl)        text never trained on, for held-out loss and bits per byte
 *   sft.jsonl, sft-heldout.jsonl   dialogues
 *   preferences.jsonl, preferences-heldout.jsonl   pairs of answers, for reward model, DPO and PPO
 *   eval/facts-NAME.jsonl          questions with accepted answers
 *   eval/choice/{dev,val}/*.csv    multiple choice, as C-Eval and CMMLU are laid out
 *   eval/minimal-pairs.jsonl       right and wrong sentences
 *   eval/answer-key.jsonl          what the judge knows
 *
 * Only pretraining text is required. From a single file (or without heldout.txt) every 50th document is held out.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { readDocuments } from './corpus.ts';

export interface DataFiles {
  readonly pretrain: string;
  readonly heldOut: string | null;
  readonly sft: string | null;
  readonly sftHeldOut: string | null;
  readonly preferences: string | null;
  readonly preferencesHeldOut: string | null;
  /** Task name -> file of questions. */
  readonly questions: ReadonlyMap<string, string>;
  /** Folder of multiple-choice questions. */
  readonly choices: string | null;
  readonly minimalPairs: string | null;
  readonly answerKey: string | null;
}

export function locateData(path: string): DataFiles {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new UserError(`--data ${path}: there is no such file or directory`);
  if (!stat.isDirectory()) {
    if (!['.txt', '.jsonl', '.bin'].includes(extname(path).toLowerCase())) {
      throw new UserError(
        `--data ${path}: a corpus must be a .txt, .jsonl or .bin file, or a directory with pretrain.txt`,
      );
    }
    const nothing = {
      heldOut: null,
      sft: null,
      sftHeldOut: null,
      preferences: null,
      preferencesHeldOut: null,
      choices: null,
      minimalPairs: null,
      answerKey: null,
    };
    return { pretrain: path, ...nothing, questions: new Map() };
  }
  const find = (...names: string[]) =>
    names.map((name) => join(path, name)).find((file) => existsSync(file)) ?? null;
  const pretrain = find('pretrain.txt', 'pretrain.jsonl', 'pretrain.bin');
  if (pretrain === null)
    throw new UserError(`--data ${path}: this directory has no pretrain.txt (or .jsonl, .bin)`);
  const folder = join(path, 'eval');
  const tasks = existsSync(folder)
    ? readdirSync(folder).filter((name) => /^facts-.*\.jsonl$/.test(name))
    : [];
  return {
    pretrain,
    heldOut: find('heldout.txt', 'heldout.jsonl'),
    sft: find('sft.jsonl'),
    sftHeldOut: find('sft-heldout.jsonl'),
    preferences: find('preferences.jsonl'),
    preferencesHeldOut: find('preferences-heldout.jsonl'),
    choices: find('eval/choice'),
    minimalPairs: find('eval/minimal-pairs.jsonl'),
    answerKey: find('eval/answer-key.jsonl'),
    questions: new Map(tasks.sort().map((name) => [basename(name, '.jsonl'), join(folder, name)])),
  };
}

const HOLD_OUT_EVERY = 50;

/** Training documents of a corpus: all of them if held-out text comes from a file of its own. */
export function* trainingDocuments(files: DataFiles): Generator<string> {
  let n = 0;
  for (const text of readDocuments(files.pretrain)) {
    n++;
    if (files.heldOut !== null || n % HOLD_OUT_EVERY !== 0) yield text;
  }
  if (n === 0) throw new UserError(`${files.pretrain} holds no text; give a file with at least one document`);
}

/** Documents never trained on; at most `limit`. */
export function heldOutDocuments(files: DataFiles, limit = 2000): string[] {
  const texts: string[] = [];
  let n = 0;
  for (const text of readDocuments(files.heldOut ?? files.pretrain)) {
    n++;
    if (files.heldOut !== null || n % HOLD_OUT_EVERY === 0) texts.push(text);
    if (texts.length === limit) break;
  }
  return texts;
}
