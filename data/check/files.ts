/**
 * Reading the files of a world line by line: what cannot be read is a fault and is left out, the rest goes on.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Faults, short } from './faults.ts';

/** The files that every world has. */
export const REQUIRED = [
  'pretrain.txt',
  'heldout.txt',
  'sft.jsonl',
  'sft-heldout.jsonl',
  'preferences.jsonl',
  'preferences-heldout.jsonl',
  'eval/facts-seen.jsonl',
  'eval/facts-unseen.jsonl',
  'eval/facts-pretrain-only.jsonl',
  'eval/facts-reversed.jsonl',
  'eval/facts-yes-no.jsonl',
  'eval/choice.jsonl',
  'eval/choice/dev/world_dev.csv',
  'eval/choice/val/world_val.csv',
  'eval/minimal-pairs.jsonl',
  'eval/answer-key.jsonl',
] as const;

/** A record with the place where it stands. */
export type Placed<T> = T & { readonly place: string };

/** The text of a file, or '' where there is none. Bytes and characters that no file should have are faults. */
export function readText(folder: string, name: string, faults: Faults): string {
  const path = join(folder, name);
  if (!existsSync(path)) return '';
  const text = readFileSync(path, 'utf8');
  text.split('\n').forEach((line, i) => {
    const bad = /[\0\r\uFEFF\uFFFD]/u.exec(line);
    if (bad !== null) {
      const code = bad[0].codePointAt(0)!.toString(16).padStart(4, '0').toUpperCase(); // the match is not empty
      faults.add(
        `${name}:${i + 1}`,
        `has the character U+${code}`,
        'write UTF-8 without a byte order mark and with \\n line ends',
      );
    }
  });
  return text;
}

/** Documents between blank lines. */
export function readDocuments(folder: string, name: string, faults: Faults): Placed<{ text: string }>[] {
  const documents: Placed<{ text: string }>[] = [];
  let line = 1;
  for (const text of readText(folder, name, faults).replace(/\n$/, '').split('\n\n')) {
    if (text.trim() !== '') documents.push({ text, place: `${name}:${line}` });
    line += text.split('\n').length + 1;
  }
  return documents;
}

type Shape<T> = { readonly [K in keyof T]: (value: unknown) => string | null };

/** One JSON object per line, in the given shape. */
export function readRecords<T extends object>(
  folder: string,
  name: string,
  shape: Shape<T>,
  faults: Faults,
): Placed<T>[] {
  const records: Placed<T>[] = [];
  readText(folder, name, faults)
    .split('\n')
    .forEach((line, i) => {
      const place = `${name}:${i + 1}`;
      if (line.trim() === '') return;
      let record: unknown;
      try {
        record = JSON.parse(line);
      } catch (error) {
        faults.add(
          place,
          `is not valid JSON: ${(error as Error).message}`,
          'mend the line; every line is one JSON object',
        );
        return;
      }
      const wrong = misfit(record, shape);
      if (wrong === null) records.push({ ...(record as T), place });
      else
        faults.add(place, `${short(line)}: ${wrong}`, 'give the line the fields that data/README.md names');
    });
  return records;
}

function misfit<T>(record: unknown, shape: Shape<T>): string | null {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return 'is not an object';
  for (const [field, check] of Object.entries(shape) as [string, (value: unknown) => string | null][]) {
    const wrong = check((record as Record<string, unknown>)[field]);
    if (wrong !== null) return `the field ${field} ${wrong}`;
  }
  return null;
}

export const text = (value: unknown) =>
  typeof value === 'string' && value.trim() !== '' ? null : 'must be a text that is not empty';
export const anyText = (value: unknown) => (typeof value === 'string' ? null : 'must be a text');
export const texts = (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every((item) => text(item) === null)
    ? null
    : 'must be a list of texts with at least one';
export const index = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 0 ? null : 'must be a whole number from 0';

/** User and assistant in turn, the user first, after at most one system message. */
export const messages = (value: unknown) => {
  if (!Array.isArray(value) || value.length === 0) return 'must be a list of messages';
  const turns = value[0]?.role === 'system' ? value.slice(1) : value;
  for (const [i, message] of turns.entries()) {
    const role = i % 2 === 0 ? 'user' : 'assistant';
    if (message?.role !== role) return `has the role ${short(String(message?.role))} where ${role} is due`;
    if (text(message.content) !== null) return 'has an empty message';
  }
  return null;
};
