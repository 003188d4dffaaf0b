/**
 * Thrift's compact protocol, walked but not read: where a structure ends, and that nothing in it promises more than is there.
 *
 *   structure = field, field, ..., 0          field = 4 bits of number, 4 bits of type, then the value
 *
 * hyparquet reads headers and footers without limits: a list makes room for as many items as it says it has, a number may go on
 * for megabytes. What has been walked here has neither.
 * Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

/** The bytes end before the structure does. */
export class CutOff extends Error {
  constructor() {
    super('it is cut off');
  }
}

const [BYTE, INT16, INT32, INT64, DOUBLE, BINARY, LIST, STRUCT] = [3, 4, 5, 6, 7, 8, 9, 12];
/** Bytes of a number: 7 bits in each. */
const [MAX_INT32, MAX_INT64] = [5, 10];
/** Footers nest about eight deep. */
const MAX_DEPTH = 32;

/** Where the structure at `start` ends. Throws CutOff, or an Error that says what no parquet file has. */
export function endOfStruct(bytes: Uint8Array, start = 0): number {
  let at = start;
  const byte = () => {
    if (at >= bytes.length) throw new CutOff();
    return bytes[at++]!; // just checked
  };
  const skip = (count: number) => {
    if (count > bytes.length - at) throw new CutOff();
    at += count;
  };
  /** An unsigned number; those of 64 bits are rounded. */
  const number = (maxBytes: number) => {
    let value = 0;
    for (let i = 0; i < maxBytes; i++) {
      const next = byte();
      value += (next & 0x7f) * 2 ** (7 * i);
      if (next < 0x80) return value;
    }
    throw new Error('a number in it is too long');
  };
  const list = (depth: number) => {
    const head = byte();
    const [size, type] = [head >> 4 === 15 ? number(MAX_INT32) : head >> 4, head & 15];
    if (size > bytes.length - at) throw new CutOff(); // each item has a byte at least
    for (let i = 0; i < size; i++) value(type < BYTE ? BYTE : type, depth);
  };
  const value = (type: number, depth: number): void => {
    if (depth > MAX_DEPTH) throw new Error('it is nested too deeply');
    if (type < BYTE) return; // true or false, in the type itself
    if (type === BYTE) skip(1);
    else if (type === INT16 || type === INT32) number(MAX_INT32);
    else if (type === INT64) number(MAX_INT64);
    else if (type === DOUBLE) skip(8);
    else if (type === BINARY) skip(number(MAX_INT32));
    else if (type === LIST) list(depth + 1);
    else if (type === STRUCT) struct(depth + 1);
    else throw new Error(`a field in it has the type ${type}, which nothing has`);
  };
  const struct = (depth: number) => {
    for (;;) {
      const head = byte();
      if ((head & 15) === 0) return;
      if (head >> 4 === 0) number(MAX_INT32);
      value(head & 15, depth);
    }
  };
  struct(0);
  return at;
}
