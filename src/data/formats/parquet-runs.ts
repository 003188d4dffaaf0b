/**
 * The two packings of whole numbers in parquet pages: runs (of levels and of places in the dictionary) and differences.
 *
 *   runs          header, run, header, run, ...      header = 2 n: one value n times     2 n + 1: 8 n values of a few bits each
 *   differences   block = smallest difference, bits of each part, parts: differences less the smallest one, of so many bits
 *
 * hyparquet decodes both in loops that trust the bytes: a run of two billion values fills the memory, one of minus eight never
 * ends. So they are measured first, and decoded from no more bytes than are theirs.
 * Source: https://parquet.apache.org/docs/file-format/data-pages/encodings
 */
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';

/** Wider values than any dictionary needs; hyparquet unpacks up to 24 bits. */
const MAX_WIDTH = 24;
/** Groups of eight in one run; hyparquet counts their values in 32 bits. */
const MAX_GROUPS = 1 << 27;

/** `count` values of `width` bits, none of them above `max`. */
export function readRuns(bytes: Uint8Array, width: number, count: number, max: number): number[] {
  if (width > MAX_WIDTH) throw new Error(`values of ${width} bits make no sense here`);
  const values = new Array<number>(count);
  checkRuns(bytes, width, count);
  if (width === 0) return values.fill(0);
  readRleBitPackedHybrid(readerOf(bytes), width, values, bytes.length);
  for (const value of values)
    if (value > max) throw new Error(`a value is ${value}, and there is none above ${max}`);
  return values;
}

function checkRuns(bytes: Uint8Array, width: number, count: number): void {
  const reader = { bytes, at: 0 };
  for (let seen = 0; seen < count; ) {
    const header = unsigned(reader);
    const left = count - seen;
    const n = Math.floor(header / 2);
    const isPacked = header % 2 === 1;
    // DuckDB packs more groups of eight than it has values for; those there must lie within the bytes.
    if (isPacked ? n === 0 || n > MAX_GROUPS : n > left) throw new Error('it has more values than it says');
    reader.at += isPacked ? n * width : Math.ceil(width / 8);
    if (reader.at > bytes.length) throw new Error('its values are cut off');
    seen += isPacked ? 8 * n : n;
  }
  // Some writers end with an empty run.
  if (bytes.subarray(reader.at).some((byte) => byte !== 0))
    throw new Error('it has other bytes after its values');
}

/** `count` differences that begin at `at`, as the numbers that they lead to; and where they end. */
export function readDeltas<Numbers extends Int32Array | BigInt64Array>(
  bytes: Uint8Array,
  at: number,
  values: Numbers,
): { readonly values: Numbers; readonly end: number } {
  const end = endOfDeltas(bytes, at, values.length, values instanceof Int32Array ? 33 : 64);
  deltaBinaryUnpack({ ...readerOf(bytes), offset: at }, values.length, values);
  return { values, end };
}

function endOfDeltas(bytes: Uint8Array, start: number, count: number, maxBits: number): number {
  const reader = { bytes, at: start };
  const [block, parts, total] = [unsigned(reader), unsigned(reader), unsigned(reader)];
  const perPart = block / parts;
  if (!(parts > 0 && perPart >= 8 && perPart % 8 === 0)) throw new Error('its blocks have no sensible size');
  if (total !== count) throw new Error('it has another number of values than it says');
  unsigned(reader); // the first value
  for (let left = count - 1; left > 0; ) {
    unsigned(reader); // the smallest difference
    const widths = reader.at;
    reader.at += parts;
    for (let part = 0; part < parts && left > 0; part++, left -= perPart) {
      const width = bytes[widths + part] ?? Number.POSITIVE_INFINITY;
      if (width > maxBits) throw new Error('its differences are cut off or too wide');
      reader.at += (perPart * width) / 8;
    }
    if (reader.at > bytes.length) throw new Error('its differences are cut off');
  }
  return reader.at;
}

/** A number of at most 64 bits, 7 in each byte; rounded above 2^53. */
function unsigned(reader: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) throw new Error('its values are cut off');
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw new Error('a number in it is too long');
}

export function readerOf(bytes: Uint8Array): { readonly view: DataView; offset: number } {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}
