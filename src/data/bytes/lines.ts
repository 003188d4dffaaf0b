/**
 * Lines of a UTF-8 file, one at a time, with their numbers: memory holds one line, not the file.
 *
 * Bytes that are not UTF-8 are refused with their place.
 */
import { UserError } from '../../errors.ts';
import { beginningOf, inBytes, MAX_RECORD_BYTES, readChunks } from './chunks.ts';
import { adviceOnEncoding } from './encoding.ts';
import { utf8Decoder } from './utf8.ts';

export interface Line {
  readonly text: string;
  /** Counted from 1. */
  readonly number: number;
}

const NEWLINE = 10;

/** Yields every line without its line end (\n or \r\n). A byte order mark at the start is dropped. */
export function* readLines(path: string, maxBytes = MAX_RECORD_BYTES): Generator<Line> {
  const decode = lineDecoder(path);
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let number = 0;
  for (const chunk of readChunks(path)) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield decode([...pending, chunk.subarray(start, end)], ++number);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > maxBytes) {
      throw new UserError(`${path}:${number + 1}: this line is longer than ${inBytes(maxBytes)}; split it`);
    }
  }
  if (pendingBytes > 0) yield decode(pending, ++number);
}

function lineDecoder(path: string): (parts: Buffer[], number: number) => Line {
  const decode = utf8Decoder();
  return (parts, number) => {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    let text = decode(bytes);
    if (text === null) {
      const advice = adviceOnEncoding(bytes, beginningOf(path));
      throw new UserError(`${path}:${number}: this line is not UTF-8${advice}`);
    }
    if (number === 1 && text.startsWith('\uFEFF')) text = text.slice(1);
    return { text: text.endsWith('\r') ? text.slice(0, -1) : text, number };
  };
}
