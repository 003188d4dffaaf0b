/**
 * Parquet files, row by row: one row group after another, of each only the columns that are wanted, of each column one page at a
 * time.
 *
 *   "PAR1"  row group, row group, ...  footer (schema, and where every column of every row group lies)  footer length  "PAR1"
 *
 * Compressed with Snappy, gzip, Brotli, Zstandard or LZ4, or not at all.
 */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import { openForReading, reached } from '../bytes/chunks.ts';
import { type ColumnReader, columnReader, type ReadAt } from './parquet-column.ts';
import { readFooter } from './parquet-footer.ts';
import type { DataRecord } from './record.ts';

/** Every row. Columns that are not in `wanted` appear by name only, as undefined. */
export function* readParquet(path: string, wanted: ReadonlySet<string> | null = null): Generator<DataRecord> {
  const file = openForReading(path);
  try {
    const { size } = fstatSync(file);
    const readAt = (start: number, length: number) => {
      reached(path, start + length);
      return bytesAt(file, start, length);
    };
    yield* parquetRows(path, size, readAt, wanted);
  } finally {
    closeSync(file);
  }
}

/** The same for bytes that come from anywhere; `path` is their name. */
export function* parquetRows(
  path: string,
  size: number,
  readAt: ReadAt,
  wanted: ReadonlySet<string> | null,
): Generator<DataRecord> {
  const { tree, groups } = guard(
    () => `${path}: the table of contents at its end`,
    () => readFooter(size, readAt),
  );
  let row = 1;
  for (const { columns: chunks, num_rows } of groups) {
    const rows = Number(num_rows);
    const readers = tree.children.map((column) => {
      const { name } = column.element;
      const where = () => `${path}: row ${row}: the column "${name}"`;
      const skipped = wanted !== null && !wanted.has(name);
      const next: ColumnReader = skipped
        ? () => undefined
        : guard(where, () => columnReader(tree, column, chunks, rows, readAt));
      return { name, next, where };
    });
    for (const end = row + rows; row < end; row++) {
      const fields = readers.map(({ name, next, where }) => [name, guard(where, next)]);
      yield { value: Object.fromEntries(fields), place: `${path}: row ${row}` };
    }
  }
}

/** The library throws errors of all kinds at damaged bytes; they become one sentence with the place. */
function guard<T>(where: () => string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = (error as Error).message.replaceAll(/\s+/g, ' ');
    throw new UserError(`${where()} cannot be read: ${reason}; get the file again, or write it as .jsonl`);
  }
}

function bytesAt(file: number, start: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const count = readSync(file, bytes, done, length - done, start + done);
    if (count === 0) throw new Error('the file ends before it');
    done += count;
  }
  return bytes;
}
