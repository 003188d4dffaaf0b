/**
 * One column of one row group of a parquet file, value by value.
 *
 *   column chunk = [dictionary page] data page, data page, ...          page = header, then values (compressed together)
 *
 * A flat column is read page by page: memory holds a page (about a megabyte) and the dictionary, not the row group, which may
 * have a gigabyte. A list or a structure (messages, for example) needs the whole chunk, since its rows are put together from
 * several columns.
 * Format: https://parquet.apache.org/docs/file-format. Pages are decoded by parts of hyparquet, which are
 * synchronous while its reader as a whole is not. They do not belong to its main entry, so package.json pins the version.
 */
import { type ColumnChunk, flatten, type SchemaTree } from 'hyparquet';
import { assembleNested } from 'hyparquet/src/assemble.js';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { getTreePath, isFlatColumn } from 'hyparquet/src/schema.js';
import { compressors } from 'hyparquet-compressors';
import { utf8Decoder } from '../bytes/utf8.ts';

type ColumnDecoder = Parameters<typeof readPage>[2];
type Values = NonNullable<Parameters<typeof readPage>[3]>;

/** Bytes start .. start + length - 1 of the file. */
export type ReadAt = (start: number, length: number) => Uint8Array;

/** Called once per row of the group: the next value. Throws an Error that says what is wrong with the bytes. */
export type ColumnReader = () => unknown;

/** A page or a nested column chunk may have at most this many bytes; writers make pages of one to a hundred megabytes. */
const MAX_BYTES = 1 << 30;
/** A page header has a few dozen bytes, more only where its smallest and largest values are long. */
const HEADER_BYTES = 1 << 12;

const decodeUtf8 = utf8Decoder();
const parsers = {
  ...DEFAULT_PARSERS,
  stringFromBytes(bytes: Uint8Array | undefined) {
    return bytes && strictText(bytes);
  },
  jsonFromBytes(bytes: Uint8Array | undefined) {
    return bytes && JSON.parse(strictText(bytes));
  },
};

function strictText(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === null) throw new Error('a text in it is not UTF-8');
  return text;
}

/** `column` is a top-level column of the schema `tree`, `chunks` are those of a row group of `rows` rows. */
export function columnReader(
  tree: SchemaTree,
  column: SchemaTree,
  chunks: readonly ColumnChunk[],
  rows: number,
  readAt: ReadAt,
): ColumnReader {
  const leaves = chunks
    .filter(({ meta_data }) => meta_data?.path_in_schema[0] === column.element.name)
    .map((chunk) => leafOf(tree, chunk));
  const [first] = leaves;
  if (first === undefined) throw new Error('the row group does not have it');
  return isFlatColumn(first.decoder.schemaPath)
    ? flatReader(first, rows, readAt)
    : nestedReader(column, leaves, rows, readAt);
}

/** A column chunk: where it lies and how it is decoded. */
interface Leaf {
  readonly start: number;
  readonly end: number;
  /** Values, nulls and empty lists in it. */
  readonly entries: number;
  readonly decoder: ColumnDecoder;
}

function leafOf(tree: SchemaTree, { meta_data: meta, file_path }: ColumnChunk): Leaf {
  if (meta === undefined) throw new Error('it has no metadata');
  if (file_path) throw new Error(`its values are in another file, ${file_path}`);
  const schemaPath = getTreePath(tree, meta.path_in_schema);
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset); // 0 stands for none
  const decoder = {
    pathInSchema: meta.path_in_schema,
    type: meta.type,
    element: schemaPath.at(-1)!.element, // the path begins with the root
    schemaPath,
    codec: meta.codec,
    parsers,
    compressors,
  };
  return {
    start,
    end: start + Number(meta.total_compressed_size),
    entries: Number(meta.num_values),
    decoder,
  };
}

function flatReader(leaf: Leaf, rows: number, readAt: ReadAt): ColumnReader {
  const pages = new DataPages(leaf, rows, readAt);
  let values: Values = [];
  let at = 0;
  return () => {
    while (at >= values.length) {
      const next = pages.next();
      if (next === null) throw new Error('it has fewer values than the row group has rows');
      values = next;
      at = 0;
    }
    return values[at++] ?? null;
  };
}

function nestedReader(
  column: SchemaTree,
  leaves: readonly Leaf[],
  rows: number,
  readAt: ReadAt,
): ColumnReader {
  const columns = new Map<string, Values>();
  for (const leaf of leaves) {
    checkSize(leaf.end - leaf.start);
    const pages = new DataPages(leaf, leaf.entries, readAt);
    const done: Values[] = [];
    // A list may continue in the next page, which is then added to the values of the page before.
    for (let next = pages.next(); next !== null; next = pages.next(next))
      if (next !== done.at(-1)) done.push(next);
    columns.set(leaf.decoder.pathInSchema.join('.'), flatten(done));
  }
  if (column.children.length > 0) assembleNested(columns, column, parsers);
  const values = columns.get(column.element.name);
  if (values?.length !== rows) throw new Error('it has another number of values than the row group has rows');
  let at = 0;
  return () => values[at++] ?? null; // a list that is null comes as undefined
}

/** The values of a column chunk, page by page. */
class DataPages {
  private readonly leaf: Leaf;
  private readonly readAt: ReadAt;
  private entriesLeft: number;
  private offset: number;
  private dictionary: Values | undefined;

  /** Takes at most `entries` values: a damaged header may promise billions. */
  constructor(leaf: Leaf, entries: number, readAt: ReadAt) {
    this.leaf = leaf;
    this.readAt = readAt;
    this.entriesLeft = entries;
    this.offset = leaf.start;
  }

  /** Values of the next page, added to `previous` if that is given; null at the end. */
  next(previous?: Values): Values | null {
    const { decoder, end } = this.leaf;
    while (this.offset < end && this.entriesLeft > 0) {
      const { page, header, length } = this.page();
      this.offset += length;
      const entries = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
      const words = header.dictionary_page_header?.num_values ?? 0;
      if (!(entries <= this.entriesLeft)) throw new Error('it has more values than the row group has rows');
      if (!(words <= header.uncompressed_page_size))
        throw new Error(`a dictionary of ${words} values makes no sense`);
      this.entriesLeft -= entries;
      const { data } = readPage(page, header, decoder, this.dictionary, previous, 0);
      if (data === undefined) continue;
      if (header.type !== 'DICTIONARY_PAGE') return data;
      this.dictionary = convert(data, decoder);
    }
    return null;
  }

  /** The header, a reader placed after it, and the length of both in bytes. */
  private page() {
    const { offset } = this;
    const { end } = this.leaf;
    for (let size = HEADER_BYTES; ; size *= 16) {
      const bytes = this.readAt(offset, Math.min(size, end - offset));
      const reader = { view: viewOf(bytes), offset: 0 };
      let header: ReturnType<typeof parquetHeader>;
      try {
        header = parquetHeader(reader);
      } catch (error) {
        if (error instanceof RangeError && bytes.length < end - offset) continue; // a longer header than most
        throw error;
      }
      checkSize(header.uncompressed_page_size);
      const length = reader.offset + checkSize(header.compressed_page_size);
      if (offset + length > end) throw new Error('a page reaches beyond its end');
      return { header, page: { view: viewOf(this.readAt(offset, length)), offset: reader.offset }, length };
    }
  }
}

function checkSize(bytes: number): number {
  if (!(bytes >= 0)) throw new Error(`a size of ${bytes} bytes makes no sense`);
  if (bytes > MAX_BYTES)
    throw new Error(`${bytes} bytes in one piece are more than a gigabyte; write smaller row groups`);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
