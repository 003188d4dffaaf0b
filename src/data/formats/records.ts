/**
 * Records of a data file, whatever its format, one at a time: memory does not grow with the file.
 *
 *   .jsonl           one JSON object per line                   .csv .tsv    fields with a header line
 *   .json            a list of JSON objects, or JSON Lines      .parquet     columns
 *
 * All but parquet may also be packed: .jsonl.gz and so on. Where a file is expected, a directory of such files will do: large
 * sets come in parts.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '../../errors.ts';
import { readCsv } from './csv.ts';
import { readJson } from './json.ts';
import { readJsonl } from './jsonl.ts';
import { readParquet } from './parquet.ts';
import type { DataRecord } from './record.ts';

export const TEXT_FORMAT = '.txt';
const PACKABLE = ['.jsonl', '.json', '.tsv', '.csv'] as const;

/** Endings of the files that hold records. */
export const RECORD_FORMATS: readonly string[] = [...PACKABLE, '.parquet', ...PACKABLE.map(packed)];
/** Endings of the files that hold pretraining text. */
export const TEXT_FORMATS: readonly string[] = [TEXT_FORMAT, ...RECORD_FORMATS, packed(TEXT_FORMAT)];
/** What a sentence says about both. */
export const RECORD_FORMATS_IN_WORDS = '.jsonl, .json, .parquet, .tsv or .csv';

function packed(format: string): string {
  return `${format}.gz`;
}

/** '.jsonl', or '.jsonl.gz'; in lower case. */
export function formatOf(path: string): string {
  return /(\.[^.]+)?(\.gz)?$/.exec(basename(path).toLowerCase())?.[0] ?? '';
}

/** The file itself; of a directory every file below it that has one of the formats, in the order of their names. */
export function filesIn(path: string, formats: readonly string[]): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const all = readdirSync(path, { recursive: true, encoding: 'utf8' });
  const files = all.filter((name) => formats.includes(formatOf(name))).sort();
  if (files.length === 0)
    throw new UserError(`${path}: there is no ${formats.join(', ')} file in this directory`);
  return files.map((name) => join(path, name));
}

/** `wanted`: fields that will be read; other columns of a parquet file are left undecoded. */
export function readRecords(path: string, wanted: ReadonlySet<string> | null = null): Generator<DataRecord> {
  const format = formatOf(path);
  if (!RECORD_FORMATS.includes(format)) {
    const found = format === '' ? 'a file without an ending' : format;
    throw new UserError(`${path}: records come as ${RECORD_FORMATS_IN_WORDS}, not as ${found}`);
  }
  switch (format.replace('.gz', '')) {
    case '.jsonl':
      return readJsonl(path);
    case '.json':
      return readJson(path);
    case '.parquet':
      return readParquet(path, wanted);
    case '.csv':
      return separated(path, ',');
    default:
      return separated(path, '\t');
  }
}

function* separated(path: string, separator: ',' | '\t'): Generator<DataRecord> {
  for (const { fields, place } of readCsv(path, separator))
    yield { value: Object.fromEntries(fields), place };
}
