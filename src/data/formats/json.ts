/**
 * JSON as data sets ship it: one list of objects of any length, or objects one after another (JSON Lines under the name .json).
 *
 *   [{"completion": "..."}, {"completion": "..."}]          {"title": "..."}  {"title": "..."}
 *
 * Only the borders of the objects are found here, by counting brackets outside of strings; each object is then parsed by
 * JSON.parse. Memory holds one object, and the rules of JSON stay in one place. Brackets and quotes are bytes below 128, those of
 * characters outside ASCII are not, so this works on UTF-8 as it is.
 */
import { UserError } from '../../errors.ts';
import { inBytes, MAX_RECORD_BYTES, readChunks } from '../bytes/chunks.ts';
import { NOT_UTF8, utf8Decoder } from '../bytes/utf8.ts';
import { type DataRecord, parseObject, show } from './record.ts';

/** What may come next, outside of objects: `value` an object or the end, `item` an object (a comma stood before it), ... */
type Expected = 'start' | 'value' | 'first item' | 'item' | 'comma' | 'end';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
const BLANKS: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];
const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];

export function* readJson(path: string, maxBytes = MAX_RECORD_BYTES): Generator<DataRecord> {
  const scan = new ObjectScanner(path, maxBytes);
  for (const chunk of readChunks(path)) yield* scan.objectsOf(chunk);
  scan.finish();
}

class ObjectScanner {
  private readonly path: string;
  private readonly maxBytes: number;
  private readonly decode = utf8Decoder();
  private expected: Expected = 'start';
  private number = 0; // of the current object, from 1
  private parts: Buffer[] = []; // what earlier chunks hold of it
  private partBytes = 0;
  private depth = 0;
  private inString = false;
  private escaped = false; // a backslash was the last byte
  private bytes = 0; // of all chunks before

  constructor(path: string, maxBytes: number) {
    this.path = path;
    this.maxBytes = maxBytes;
  }

  /** The objects that end in this chunk. */
  *objectsOf(chunk: Buffer): Generator<DataRecord> {
    let start = 0; // of the current object, if it begins in this chunk
    for (let i = 0; i < chunk.length; i++) {
      if (this.depth === 0) {
        if (this.between(chunk, i)) {
          start = i;
          this.depth = 1;
          this.number++;
        }
        continue;
      }
      i = this.within(chunk, i);
      if (this.depth > 0) continue;
      yield this.record(chunk.subarray(start, i + 1));
      start = i + 1;
    }
    this.bytes += chunk.length;
    if (this.depth === 0) return;
    this.parts.push(chunk.subarray(start));
    this.partBytes += chunk.length - start;
    if (this.partBytes > this.maxBytes) {
      throw new UserError(
        `${this.place()}: this object is longer than ${inBytes(this.maxBytes)}; write one object for each document`,
      );
    }
  }

  finish(): void {
    if (this.depth > 0)
      throw new UserError(`${this.place()}: the file ends within this object; it is cut off`);
    if (this.expected === 'start' || this.expected === 'value' || this.expected === 'end') return;
    throw new UserError(
      `${this.path}: record ${this.number + 1}: the file ends before its list is closed; it is cut off`,
    );
  }

  /** One byte outside of objects. True if an object begins with it. */
  private between(chunk: Buffer, i: number): boolean {
    const byte = chunk[i]!; // i is below its length
    if (BLANKS.includes(byte)) return false;
    if (byte === BYTE_ORDER_MARK[this.bytes + i]) return false;
    const { expected } = this;
    if (byte === OPEN_OBJECT && expected !== 'comma' && expected !== 'end') {
      this.expected = expected === 'start' || expected === 'value' ? 'value' : 'comma';
      return true;
    }
    if (byte === OPEN_LIST && expected === 'start') this.expected = 'first item';
    else if (byte === COMMA && expected === 'comma') this.expected = 'item';
    else if (byte === CLOSE_LIST && (expected === 'first item' || expected === 'comma'))
      this.expected = 'end';
    else this.refuse(chunk.subarray(i, i + 20));
    return false;
  }

  /** Goes on within an object: where it ends, or where the chunk does. */
  private within(chunk: Buffer, from: number): number {
    let i = from;
    for (; i < chunk.length; i++) {
      const byte = chunk[i]!; // i is below its length
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (byte === BACKSLASH) this.escaped = true;
        else if (byte === QUOTE) this.inString = false;
      } else if (byte === QUOTE) this.inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.depth++;
      else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --this.depth === 0) return i;
    }
    return i;
  }

  private record(last: Buffer): DataRecord {
    const bytes = this.parts.length === 0 ? last : Buffer.concat([...this.parts, last]);
    this.parts = [];
    this.partBytes = 0;
    const place = this.place();
    const text = this.decode(bytes);
    if (text === null) throw new UserError(`${place}: this object is ${NOT_UTF8}`);
    return { value: parseObject(text, place, 'this object'), place };
  }

  private place(): string {
    return `${this.path}: record ${this.number}`;
  }

  private refuse(found: Buffer): never {
    const wanted = {
      start: 'a list of JSON objects, or one object per line,',
      value: 'the next JSON object',
      'first item': 'a JSON object',
      item: 'a JSON object',
      comma: 'a comma or the end of the list',
      end: 'nothing after the end of the list',
    };
    throw new UserError(
      `${this.path}: record ${this.number + 1}: expected ${wanted[this.expected]} here, got ${show(found.toString())}`,
    );
  }
}
