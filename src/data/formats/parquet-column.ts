/**
 * One column of one row group of a parquet file, value by value.
 *
 *   column chunk = [dictionary page] data page, data page, ...          page = header, then values (compressed together)
 *
 * A flat column is read page by page: memory holds a page (about a megabyte) and the dictionary, not the row group, which may
 * have a gigabyte. A list or a structure (messages, for example) needs the whole chunk, since its rows are put together from
 * several columns.
 * hyparquet's reader as a whole is not synchronous, its parts are: parquet-page.ts.
 */
import { type ColumnChunk, flatten, type SchemaTree } from 'hyparquet';
import { assembleLists, assembleNested } from 'hyparquet/src/assemble.js';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import {
  getMaxDefinitionLevel,
  getMaxRepetitionLevel,
  getTreePath,
  isFlatColumn,
} from 'hyparquet/src/schema.js';
import { utf8Decoder } from '../bytes/utf8.ts';
import {
  checkSize,
  decodeData,
  decodeDictionary,
  entriesOf,
  type PageColumn,
  type PageHeader,
  readHeader,
  type Values,
} from './parquet-page.ts';
import { CutOff } from './parquet-thrift.ts';
import { withinTime } from './time-limit.ts';

/** Bytes start .. start + length - 1 of the file. */
export type ReadAt = (start: number, length: number) => Uint8Array;

/** Called once per row of the group: the next value. Throws an Error that says what is wrong with the bytes. */
export type ColumnReader = () => unknown;

/** A page header has a few dozen bytes, more only where its smallest and largest values are long. */
const HEADER_BYTES = 1 << 12;
/** Values of a list or a structure that one row group may have, nulls and empty lists among them. */
const MAX_ENTRIES = 1 << 25;
/** What is smaller cannot keep its decoder busy for long, fzstd's apart; setting the limit takes 0.1 ms. */
const SMALL_PAGE = 1 << 16;
/** A page has this many milliseconds, and one more for each so many bytes. Fifty megabytes take a second where nothing is wrong. */
const [PAGE_TIME, BYTES_PER_TIME] = [2000, 2000];

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
interface Leaf extends PageColumn {
  readonly start: number;
  readonly end: number;
  /** Values, nulls and empty lists in it. */
  readonly entries: number;
}

function leafOf(tree: SchemaTree, chunk: ColumnChunk): Leaf {
  const { meta_data: meta, file_path } = chunk;
  if (meta === undefined) throw new Error('it has no metadata');
  if (file_path) throw new Error(`its values are in another file, ${file_path}`);
  const schemaPath = getTreePath(tree, meta.path_in_schema);
  const decoder = {
    pathInSchema: meta.path_in_schema,
    type: meta.type,
    element: schemaPath.at(-1)!.element, // the path begins with the root
    schemaPath,
    codec: meta.codec,
    parsers,
  };
  return {
    ...placeOf(chunk),
    entries: Number(meta.num_values),
    decoder,
    maxDefinition: getMaxDefinitionLevel(schemaPath),
    maxRepetition: getMaxRepetitionLevel(schemaPath),
  };
}

/** Its bytes in the file, from the first page to the last. */
export function placeOf({ meta_data: meta }: ColumnChunk): { readonly start: number; readonly end: number } {
  if (meta === undefined) throw new Error('it has no metadata');
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset); // 0 stands for none
  return { start, end: start + Number(meta.total_compressed_size) };
}

function flatReader(leaf: Leaf, rows: number, readAt: ReadAt): ColumnReader {
  if (leaf.entries !== rows) throw new Error('it has another number of values than the row group has rows');
  const pages = new DataPages(leaf, readAt);
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
    if (!(leaf.entries <= MAX_ENTRIES))
      throw new Error(`${leaf.entries} values in one row group are too many; write smaller row groups`);
    const pages = new DataPages(leaf, readAt);
    const done: Values[] = [];
    // A list may continue in the next page, which is then added to the values of the page before.
    for (let next = pages.next(); next !== null; next = pages.next(next))
      if (next !== done.at(-1)) done.push(next);
    if (pages.entriesLeft > 0) throw new Error('it has fewer values than it says');
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
  entriesLeft: number;
  private readonly leaf: Leaf;
  private readonly readAt: ReadAt;
  private offset: number;
  private dictionary: Values | null = null;
  private hasData = false;

  constructor(leaf: Leaf, readAt: ReadAt) {
    this.leaf = leaf;
    this.readAt = readAt;
    this.entriesLeft = leaf.entries;
    this.offset = leaf.start;
  }

  /** Values of the next page, added to `previous` if that is given; null at the end. */
  next(previous?: Values): Values | null {
    const { leaf } = this;
    while (this.offset < leaf.end && this.entriesLeft > 0) {
      const { header, body, length } = this.page();
      this.offset += length;
      const entries = entriesOf(header);
      const size = header.uncompressed_page_size;
      const limited = <T>(decode: () => T): T =>
        size < SMALL_PAGE && leaf.decoder.codec !== 'ZSTD'
          ? decode()
          : withinTime(PAGE_TIME + Math.ceil(size / BYTES_PER_TIME), decode);
      if (entries === null) {
        if (this.dictionary !== null || this.hasData)
          throw new Error('it has two dictionaries, or one that comes late');
        this.dictionary = limited(() => decodeDictionary(header, body, leaf));
        continue;
      }
      if (entries > this.entriesLeft) throw new Error('it has more values than it says');
      this.entriesLeft -= entries;
      this.hasData = true;
      const content = limited(() => decodeData(header, body, leaf, this.dictionary));
      const { values, definition, repetition } = content;
      if (repetition[0] && !Array.isArray(previous)) throw new Error('a list goes on that has not begun');
      const list = Array.isArray(previous) ? previous : [];
      return assembleLists(list, definition, repetition, values, leaf.decoder.schemaPath);
    }
    return null;
  }

  private page(): { readonly header: PageHeader; readonly body: Uint8Array; readonly length: number } {
    const { offset } = this;
    const room = this.leaf.end - offset;
    for (let size = HEADER_BYTES; ; size *= 16) {
      const bytes = this.readAt(offset, Math.min(size, room));
      try {
        const { header, length: start } = readHeader(bytes);
        const length = start + header.compressed_page_size;
        if (length > room) throw new Error('a page reaches beyond its end');
        const page = length <= bytes.length ? bytes.subarray(0, length) : this.readAt(offset, length);
        return { header, body: page.subarray(start), length };
      } catch (error) {
        if (error instanceof CutOff && bytes.length < room) continue; // a longer header than most
        throw error;
      }
    }
  }
}
