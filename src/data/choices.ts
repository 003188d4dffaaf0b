/**
 * Multiple-choice questions from a local folder in the layout of C-Eval and CMMLU:
 *
 *   FOLDER/dev/SUBJECT_dev.csv    worked examples for k-shot prompts         (CMMLU: dev/SUBJECT.csv)
 *   FOLDER/val/SUBJECT_val.csv    questions; without a val folder those of test/      (CMMLU: test/SUBJECT.csv)
 *
 * Columns are found by name, in capitals or not: question, A, B, C, D, answer; others (id, explanation) are not read. C-Eval
 * publishes its test questions without answers: they can be asked but not marked, and are refused with a sentence that says so.
 * Sources: Huang et al. 2023 (C-Eval), Li et al. 2023 (CMMLU).
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { type CsvRecord, readCsv } from './formats/csv.ts';

export const LETTERS = ['A', 'B', 'C', 'D'] as const;

export interface ChoiceQuestion {
  readonly subject: string;
  readonly question: string;
  /** Texts of the options A, B, C, D. */
  readonly options: readonly string[];
  /** Index of the right one. */
  readonly answer: number;
}

export interface ChoiceSet {
  readonly questions: readonly ChoiceQuestion[];
  /** Worked examples by subject; empty where the folder has none. */
  readonly examples: ReadonlyMap<string, readonly ChoiceQuestion[]>;
}

export function readChoiceFolder(folder: string): ChoiceSet {
  const files = choiceFiles(folder);
  const questions = files.questions.flatMap(readChoices);
  if (questions.length === 0) throw new UserError(`${dirname(files.questions[0]!)} holds no question`); // there is a file
  const examples = new Map(
    files.examples
      .map(readChoices)
      .flatMap((rows) => (rows[0] === undefined ? [] : [[rows[0].subject, rows] as const])),
  );
  return { questions, examples };
}

/** The files of a folder that are read, at least one of questions. */
export function choiceFiles(folder: string): Record<'questions' | 'examples', readonly string[]> {
  const questions = ['val', 'test']
    .map((name) => csvFiles(join(folder, name)))
    .find(({ length }) => length > 0);
  if (questions === undefined) {
    throw new UserError(
      `${folder} has no .csv file in val/ or test/; unpack C-Eval or CMMLU there, or name the folder that holds them`,
    );
  }
  return { questions, examples: csvFiles(join(folder, 'dev')) };
}

/** The questions of one file; its name without `_dev`, `_val`, `_test` is the subject. */
export function readChoices(path: string): ChoiceQuestion[] {
  const subject = basename(path, '.csv').replace(/_(dev|val|test)$/, '');
  return [...readCsv(path)].map((record) => {
    const answer = field(record, 'answer').trim().toUpperCase();
    const index = (LETTERS as readonly string[]).indexOf(answer);
    if (index === -1) {
      throw new UserError(`${record.place}: the answer must be A, B, C or D, got "${answer}"`);
    }
    const options = LETTERS.map((letter) => field(record, letter));
    return { subject, question: field(record, 'question').trim(), options, answer: index };
  });
}

function field({ fields, place }: CsvRecord, name: string): string {
  for (const [column, value] of fields) if (column.toLowerCase() === name.toLowerCase()) return value;
  throw new UserError(
    name === 'answer'
      ? `${place}: there is no column "answer"; questions without answers (the test part of C-Eval) cannot be marked, use val`
      : `${place}: there is no column "${name}"; expected question, A, B, C, D, answer`,
  );
}

function csvFiles(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const names = readdirSync(folder).filter((name) => name.toLowerCase().endsWith('.csv'));
  return names.sort().map((name) => join(folder, name));
}
