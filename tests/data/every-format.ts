/** The same records written in every format that is read. */
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { put } from './temporary.ts';

type Texts = Readonly<Record<string, string>>;
/** A file's content by its ending. */
type Formats = Readonly<Record<string, string | Uint8Array>>;

export function parquetOf(
  records: readonly Texts[],
  options: { rowGroupSize?: number; pageSize?: number } = {},
) {
  const names = Object.keys(records[0] ?? {});
  const columnData = names.map((name) => ({
    name,
    data: records.map((record) => record[name]),
    type: 'STRING' as const,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
}

export function separatedOf(records: readonly Texts[], separator: string, lineEnd = '\n'): string {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const names = Object.keys(records[0] ?? {});
  const rows = [names, ...records.map((record) => names.map((name) => quote(record[name]!)))]; // all have the same fields
  return rows.map((row) => row.join(separator) + lineEnd).join('');
}

/** All records have the same fields, and all of them are texts. */
function inAllFormats(records: readonly Texts[]): Formats {
  const jsonl = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  return {
    '.jsonl': jsonl,
    '.json': JSON.stringify(records),
    '.pretty.json': JSON.stringify(records, null, 2),
    '.lines.json': jsonl,
    '.parquet': parquetOf(records),
    '.small-groups.parquet': parquetOf(records, { rowGroupSize: 2 }),
    '.csv': separatedOf(records, ','),
    '.tsv': separatedOf(records, '\t'),
    '.windows.csv': `\uFEFF${separatedOf(records, ',', '\r\n\r\n')}`,
    '.windows.jsonl': `\uFEFF\r\n${jsonl.replaceAll('\n', '\r\n\r\n')}`,
    '.mark.json': `\uFEFF${JSON.stringify(records)}\r\n`,
    '.jsonl.gz': gzipSync(jsonl),
    '.json.gz': gzipSync(JSON.stringify(records)),
    '.tsv.gz': Buffer.concat([
      gzipSync(separatedOf(records, '\t').slice(0, 9)),
      gzipSync(separatedOf(records, '\t').slice(9)),
    ]),
  };
}

/** Writes them all as FOLDER/NAME.ENDING; the paths. */
export function putAll(folder: string, name: string, records: readonly Texts[]): string[] {
  return Object.entries(inAllFormats(records)).map(([ending, content]) =>
    put(folder, name + ending, content),
  );
}
