/**
 * One page of a column: its header, and its bytes as values.
 *
 *   page = header, [repetition levels] [definition levels] values       (version 1: all packed together, version 2: the values)
 *
 * Everything that the header promises is held against the bytes before a value is decoded: its checksum, where it has one; its
 * sizes; that levels and values are as many as it says, lie where they should and fill the page to its end. A damaged byte of a
 * page without a checksum can still go unseen where it makes another valid page: in the characters of a text, for example.
 * The decoders are hyparquet's. They do not belong to its main entry, so package.json pins the version.
 * Source: https://parquet.apache.org/docs/file-format
 */
import { crc32 } from 'node:zlib';
import { parquetHeader, type readPage } from 'hyparquet/src/column.js';
import { convert, convertWithDictionary } from 'hyparquet/src/convert.js';
import { deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { unpack } from './parquet-codecs.ts';
import { readDeltas, readerOf, readRuns } from './parquet-runs.ts';
import { endOfStruct } from './parquet-thrift.ts';

export type ColumnDecoder = Parameters<typeof readPage>[2];
export type Values = NonNullable<Parameters<typeof readPage>[3]>;
export type PageHeader = ReturnType<typeof parquetHeader>;

/** A leaf of the schema: how it is decoded, and its greatest levels. */
export interface PageColumn {
  readonly decoder: ColumnDecoder;
  readonly maxDefinition: number;
  readonly maxRepetition: number;
}

/** Values that are not null, and where they belong; no levels where all are values. */
export interface PageContent {
  readonly values: Values;
  readonly definition: number[];
  readonly repetition: number[];
}

/** A page may have at most this many bytes; writers make pages of one to a hundred megabytes. */
export const MAX_BYTES = 1 << 30;
/** And this many values: a page of nothing but nulls takes a few bytes, and sixteen in memory for each. */
const MAX_VALUES = 1 << 24;

/** The header at the beginning of `bytes`, and its length. Throws CutOff if it is longer than they are. */
export function readHeader(bytes: Uint8Array): { readonly header: PageHeader; readonly length: number } {
  const length = endOfStruct(bytes);
  const header = parquetHeader(readerOf(bytes.subarray(0, length)));
  checkSize(header.uncompressed_page_size);
  checkSize(header.compressed_page_size);
  return { header, length };
}

/** The number of values, nulls and empty lists that a data page says it has; null for a dictionary. */
export function entriesOf(header: PageHeader): number | null {
  if (header.type === 'DICTIONARY_PAGE') return null;
  const part = header.type === 'DATA_PAGE' ? header.data_page_header : header.data_page_header_v2;
  if (part === undefined || !['DATA_PAGE', 'DATA_PAGE_V2'].includes(header.type))
    throw new Error('it has a page of a kind that nobody knows');
  return checkCount(part.num_values);
}

export function decodeDictionary(header: PageHeader, body: Uint8Array, { decoder }: PageColumn): Values {
  const part = header.dictionary_page_header;
  if (part === undefined) throw new Error('its dictionary has no header');
  if (part.encoding !== 'PLAIN' && part.encoding !== 'PLAIN_DICTIONARY')
    throw new Error(`a dictionary in the encoding ${part.encoding} cannot be read`);
  checkSum(header, body);
  const page = ownBytes(unpack(decoder.codec, body, header.uncompressed_page_size));
  return convert(plainValues(page, checkCount(part.num_values), decoder), decoder);
}

export function decodeData(
  header: PageHeader,
  body: Uint8Array,
  column: PageColumn,
  dictionary: Values | null,
): PageContent {
  checkSum(header, body);
  const { decoder } = column;
  const parts = header.type === 'DATA_PAGE' ? partsOf(header, body, column) : partsOfV2(header, body, column);
  const { entries, encoding, values: bytes, repetition, definition } = parts;
  const isNull = definition.filter((level) => level < column.maxDefinition).length;
  if (parts.nulls !== null && parts.nulls !== isNull)
    throw new Error('it has another number of nulls than it says');
  if (parts.rows !== null && parts.rows !== rowsIn(entries, repetition))
    throw new Error('it has another number of rows than it says');
  const packed = valuesOf(ownBytes(bytes), entries - isNull, encoding, decoder, dictionary);
  const values = convertWithDictionary(packed, dictionary ?? undefined, encoding, decoder);
  return { values, definition: isNull === 0 ? [] : definition, repetition };
}

interface PageParts {
  readonly entries: number;
  readonly encoding: Encoding;
  readonly repetition: number[];
  readonly definition: number[];
  readonly values: Uint8Array;
  /** What the header says about them, in version 2. */
  readonly nulls: number | null;
  readonly rows: number | null;
}
type Encoding = NonNullable<PageHeader['data_page_header']>['encoding'];

/** Version 1: everything is packed together, and levels have their length before them. */
function partsOf(header: PageHeader, body: Uint8Array, column: PageColumn): PageParts {
  const { num_values: entries, ...part } = header.data_page_header!; // entriesOf has seen it
  const page = unpack(column.decoder.codec, body, header.uncompressed_page_size);
  let at = 0;
  const levels = (max: number, encoding: Encoding) => {
    if (max === 0) return [];
    if (encoding !== 'RLE') throw new Error(`levels in the encoding ${encoding} cannot be read`);
    if (page.length - at < 4) throw new Error('its levels are cut off');
    const start = at + 4;
    at = start + readerOf(page).view.getUint32(at, true);
    if (at > page.length) throw new Error('its levels are cut off');
    return readRuns(page.subarray(start, at), widthOf(max), entries, max);
  };
  const repetition = levels(column.maxRepetition, part.repetition_level_encoding);
  const definition = levels(column.maxDefinition, part.definition_level_encoding);
  return {
    entries,
    encoding: part.encoding,
    repetition,
    definition,
    values: page.subarray(at),
    nulls: null,
    rows: null,
  };
}

/** Version 2: levels come first, never packed, with their lengths in the header. */
function partsOfV2(header: PageHeader, body: Uint8Array, column: PageColumn): PageParts {
  const { num_values: entries, encoding, num_nulls, num_rows, ...part } = header.data_page_header_v2!; // entriesOf has seen it
  const repetitionEnd = checkSize(part.repetition_levels_byte_length);
  const levelsEnd = repetitionEnd + checkSize(part.definition_levels_byte_length);
  const size = header.uncompressed_page_size - levelsEnd;
  if (levelsEnd > body.length || size < 0) throw new Error('its levels are cut off');
  const levels = (max: number, bytes: Uint8Array) =>
    max === 0 ? [] : readRuns(bytes, widthOf(max), entries, max);
  const repetition = levels(column.maxRepetition, body.subarray(0, repetitionEnd));
  const definition = levels(column.maxDefinition, body.subarray(repetitionEnd, levelsEnd));
  if (repetition[0]) throw new Error('it begins in the middle of a list');
  const codec = part.is_compressed === false ? 'UNCOMPRESSED' : column.decoder.codec;
  const values = unpack(codec, body.subarray(levelsEnd), size);
  return { entries, encoding, repetition, definition, values, nulls: num_nulls, rows: num_rows };
}

function rowsIn(entries: number, repetition: readonly number[]): number {
  return repetition.length === 0 ? entries : repetition.filter((level) => level === 0).length;
}

/** `count` values, as they are stored. */
function valuesOf(
  bytes: Uint8Array,
  count: number,
  encoding: Encoding,
  decoder: ColumnDecoder,
  dictionary: Values | null,
): Values {
  if (count === 0) return [];
  const { type, element } = decoder;
  const reader = readerOf(bytes);
  switch (encoding) {
    case 'PLAIN':
      return plainValues(bytes, count, decoder);
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
      if (dictionary === null) throw new Error('its dictionary is missing');
      return readRuns(bytes.subarray(1), bytes[0] ?? 0, count, dictionary.length - 1);
    case 'RLE': {
      if (type !== 'BOOLEAN') break;
      if (bytes.length < 4 || reader.view.getUint32(0, true) > bytes.length - 4)
        throw new Error('its values are cut off');
      return readRuns(bytes.subarray(4), 1, count, 1).map((bit) => bit === 1);
    }
    case 'BYTE_STREAM_SPLIT':
      checkFilled(bytes, count * (fixedSize(type, element.type_length) ?? Number.NaN));
      return byteStreamSplit(reader, count, type, element.type_length);
    case 'DELTA_BINARY_PACKED': {
      if (type !== 'INT32' && type !== 'INT64') break;
      const { values, end } = readDeltas(
        bytes,
        0,
        type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count),
      );
      checkFilled(bytes, end);
      return values;
    }
    case 'DELTA_LENGTH_BYTE_ARRAY': {
      if (type !== 'BYTE_ARRAY') break;
      const { values: lengths, end } = readDeltas(bytes, 0, new Int32Array(count));
      checkFilled(bytes, end + sumOfLengths(lengths));
      const values = new Array<Uint8Array>(count);
      deltaLengthByteArray(reader, count, values);
      return values;
    }
    case 'DELTA_BYTE_ARRAY': {
      if (type !== 'BYTE_ARRAY' && type !== 'FIXED_LEN_BYTE_ARRAY') break;
      checkPrefixes(bytes, count);
      const values = new Array<Uint8Array>(count);
      deltaByteArray(reader, count, values);
      return values;
    }
  }
  throw new Error(`values of the type ${type} in the encoding ${encoding} cannot be read`);
}

function plainValues(bytes: Uint8Array, count: number, { type, element }: ColumnDecoder): Values {
  checkFilled(bytes, plainEnd(bytes, count, type, element.type_length));
  return readPlain(readerOf(bytes), type, count, element.type_length);
}

/** Where `count` values written one after another end. */
function plainEnd(
  bytes: Uint8Array,
  count: number,
  type: ColumnDecoder['type'],
  typeLength?: number,
): number {
  if (type === 'BOOLEAN') return Math.ceil(count / 8);
  const size = fixedSize(type, typeLength);
  if (size !== null) return count * size;
  const { view } = readerOf(bytes);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) throw new Error('its values are cut off');
    at += 4 + view.getUint32(at, true);
  }
  return at;
}

/** Bytes of a value; null where each has its own length. */
function fixedSize(type: ColumnDecoder['type'], typeLength?: number): number | null {
  if (type === 'FIXED_LEN_BYTE_ARRAY') return checkSize(typeLength ?? Number.NaN);
  if (type === 'INT96') return 12;
  if (type === 'INT64' || type === 'DOUBLE') return 8;
  return type === 'INT32' || type === 'FLOAT' ? 4 : null;
}

/** Values as what they share with the one before and what is new: none shares more than there is. */
function checkPrefixes(bytes: Uint8Array, count: number): void {
  const { values: shared, end } = readDeltas(bytes, 0, new Int32Array(count));
  const { values: added, end: start } = readDeltas(bytes, end, new Int32Array(count));
  checkFilled(bytes, start + sumOfLengths(added));
  checkSize(sumOfLengths(shared));
  let length = 0;
  for (let i = 0; i < count; i++) {
    if (shared[i]! > length) throw new Error('a value shares more with the one before it than that one has'); // i is below count
    length = shared[i]! + added[i]!;
  }
}

function sumOfLengths(lengths: Int32Array): number {
  let sum = 0;
  for (const length of lengths) sum += checkSize(length);
  return sum;
}

/** All bytes are those of the values; some writers (fastparquet) add a few zeros. */
function checkFilled(bytes: Uint8Array, end: number): void {
  if (!(end <= bytes.length)) throw new Error('its values are cut off');
  if (bytes.subarray(end).some((byte) => byte !== 0)) throw new Error('it has other bytes after its values');
}

function checkSum({ crc }: PageHeader, body: Uint8Array): void {
  if (crc !== undefined && crc >>> 0 !== crc32(body))
    throw new Error('the checksum of a page does not fit its bytes');
}

function checkCount(count: number): number {
  if (!(Number.isInteger(count) && count >= 0)) throw new Error(`${count} values make no sense`);
  if (count > MAX_VALUES)
    throw new Error(`${count} values in one page are too many; write smaller row groups`);
  return count;
}

export function checkSize(bytes: number): number {
  if (!(Number.isInteger(bytes) && bytes >= 0)) throw new Error(`a size of ${bytes} bytes makes no sense`);
  if (bytes > MAX_BYTES)
    throw new Error(`${bytes} bytes in one piece are more than a gigabyte; write smaller row groups`);
  return bytes;
}

function widthOf(max: number): number {
  return 32 - Math.clz32(max);
}

/** The same bytes in a buffer of their own: hyparquet takes texts out of the buffer, whatever part of it a view shows. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
