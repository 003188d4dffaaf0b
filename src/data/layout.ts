/**
 * What `--data` names: a directory in the layout of the shipped data/, or a single corpus file.
 *
 *   pretrain, heldout                        text to learn the language from; text never trained on, for held-out loss
 *   sft, sft-heldout                         dialogues
 *   preferences, preferences-heldout         pairs of answers, for reward model, DPO and PPO
 *   eval/facts-NAME.jsonl                    questions with accepted answers
 *   eval/{sums,introductions}.jsonl, ...     what else a person would try: see ABILITIES
 *   eval/choice/{dev,val}/*.csv              multiple choice, as C-Eval and CMMLU are laid out
 *   eval/minimal-pairs.jsonl                 right and wrong sentences
 *   eval/answer-key.jsonl                    what the judge knows
 *
 * Each of the first six comes once, in any format of records.ts (sft.jsonl, sft.json, sft.parquet, ...); text also as .txt,
 * pretrain also as .bin. A set in several files lies in a directory of that name: pretrain/part-1.parquet,
 * pretrain/part-2.parquet. Only pretraining text is required. From a single file (or without heldout) every 50th document is held
 * out (split.ts).
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '../errors.ts';
import { readDocuments } from './corpus.ts';
import {
  filesIn,
  formatOf,
  RECORD_FORMATS,
  RECORD_FORMATS_IN_WORDS,
  TEXT_FORMATS,
} from './formats/records.ts';
import { splitDocuments } from './split.ts';

/** Token ids instead of text. */
const TOKENS = '.bin';

/** Files of eval/ beside the facts, each a task of that name; all may be missing. */
export const ABILITIES = [
  'sums',
  'sums-held-out',
  'introductions',
  'introductions-held-out',
  'refusals',
  'stories',
  'follow-ups',
] as const;
export type AbilityName = (typeof ABILITIES)[number];

export interface DataFiles {
  readonly pretrain: string;
  readonly heldOut: string | null;
  readonly sft: string | null;
  readonly sftHeldOut: string | null;
  readonly preferences: string | null;
  readonly preferencesHeldOut: string | null;
  /** Task name -> file of questions. */
  readonly questions: ReadonlyMap<string, string>;
  /** Those of the abilities that are there. */
  readonly abilities: ReadonlyMap<AbilityName, string>;
  /** Folder of multiple-choice questions. */
  readonly choices: string | null;
  readonly minimalPairs: string | null;
  readonly answerKey: string | null;
}

export function locateData(path: string): DataFiles {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new UserError(`--data ${path}: there is no such file or directory`);
  if (!stat.isDirectory()) {
    if (![...TEXT_FORMATS, TOKENS].includes(formatOf(path))) {
      throw new UserError(
        `--data ${path}: a corpus must be a .txt, ${RECORD_FORMATS_IN_WORDS} file, a .bin file, or a directory with pretrain.txt`,
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
    return { pretrain: path, ...nothing, questions: new Map(), abilities: new Map() };
  }
  const pretrain = findOnce(path, 'pretrain', [...TEXT_FORMATS, TOKENS]);
  if (pretrain === null)
    throw new UserError(
      `--data ${path}: this directory has no pretrain.txt (or ${RECORD_FORMATS_IN_WORDS}, or .bin)`,
    );
  if (existsSync(join(path, `heldout${TOKENS}`))) {
    throw new UserError(
      `--data ${path}: heldout.bin holds token ids; held-out text must be text, since it is measured in bits per byte`,
    );
  }
  const records = (name: string) => findOnce(path, name, RECORD_FORMATS);
  const find = (name: string) => (existsSync(join(path, name)) ? join(path, name) : null);
  const folder = join(path, 'eval');
  const tasks = existsSync(folder)
    ? readdirSync(folder).filter((name) => /^facts-.*\.jsonl$/.test(name))
    : [];
  return {
    pretrain,
    heldOut: findOnce(path, 'heldout', TEXT_FORMATS),
    sft: records('sft'),
    sftHeldOut: records('sft-heldout'),
    preferences: records('preferences'),
    preferencesHeldOut: records('preferences-heldout'),
    choices: find('eval/choice'),
    minimalPairs: find('eval/minimal-pairs.jsonl'),
    answerKey: find('eval/answer-key.jsonl'),
    questions: new Map(tasks.sort().map((name) => [basename(name, '.jsonl'), join(folder, name)])),
    abilities: new Map(
      ABILITIES.flatMap((name) => {
        const found = find(`eval/${name}.jsonl`);
        return found === null ? [] : [[name, found] as const];
      }),
    ),
  };
}

/** The file of a name that is there, in one format only, or the directory of its parts. */
function findOnce(folder: string, name: string, formats: readonly string[]): string | null {
  const parts = join(folder, name);
  const found = formats.map((format) => `${name}${format}`).filter((file) => existsSync(join(folder, file)));
  if (statSync(parts, { throwIfNoEntry: false })?.isDirectory()) {
    const several = formats.filter((format) => format !== TOKENS);
    if (filesIn(parts, formats).length > filesIn(parts, several).length) {
      throw new UserError(
        `--data ${folder}: ${name}/ holds a .bin file, which cannot be one of several parts; join them`,
      );
    }
    found.push(`${name}/`);
  }
  const [first, second] = found;
  if (second !== undefined) {
    throw new UserError(
      `--data ${folder}: there are ${first} and ${second}; leave one of them, or use two directories`,
    );
  }
  return first === undefined ? null : join(folder, first.replace(/\/$/, ''));
}

/** Training documents of a corpus: all of them if held-out text comes from a file of its own. */
export function* trainingDocuments(files: DataFiles): Generator<string> {
  let n = 0;
  if (files.heldOut !== null) {
    for (const text of readDocuments(files.pretrain)) {
      n++;
      yield text;
    }
  } else {
    for (const { text, heldOut } of splitDocuments(files.pretrain)) {
      n++;
      if (!heldOut) yield text;
    }
  }
  if (n === 0) throw new UserError(`${files.pretrain} holds no text; give a file with at least one document`);
}

/** Documents never trained on; at most `limit`. */
export function heldOutDocuments(files: DataFiles, limit = 2000): string[] {
  const texts: string[] = [];
  const documents = files.heldOut === null ? heldOutParts(files.pretrain) : readDocuments(files.heldOut);
  for (const text of documents) {
    texts.push(text);
    if (texts.length === limit) break;
  }
  return texts;
}

function* heldOutParts(path: string): Generator<string> {
  for (const { text, heldOut } of splitDocuments(path)) if (heldOut) yield text;
}
