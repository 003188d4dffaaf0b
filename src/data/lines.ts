/**
 * Lines of a UTF-8 file, one at a time, with their numbers: memory holds one line, not the file.
 *
 * Bytes that are no UTF-8 are refused with their place. A Chinese text saved as GBK would otherwise turn into a corpus of
 * replacement characters without anybody noticing.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { systemErrorInWords, UserError } from '../errors.ts';

export interface Line {
  readonly text: string;
  /** Counted from 1. */
  readonly number: number;
}

const CHUNK_BYTES = 1 << 20;
const MAX_LINE_BYTES = 256 << 20;
const NEWLINE = 10;

/** Yields every line without its line end (\n or \r\n). A byte order mark at the start is dropped. */
export function* readLines(path: string): Generator<Line> {
  const file = openForReading(path);
  try {
    const decode = lineDecoder(path);
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    let number = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const bytes = readSync(file, chunk, 0, CHUNK_BYTES, null);
      if (bytes === 0) break;
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1 && end < bytes; end = chunk.indexOf(NEWLINE, start)) {
        yield decode([...pending, chunk.subarray(start, end)], ++number);
        pending = [];
        pendingBytes = 0;
        start = end + 1;
      }
      if (start < bytes) {
        pending.push(chunk.subarray(start, bytes));
        pendingBytes += bytes - start;
        if (pendingBytes > MAX_LINE_BYTES) {
          throw new UserError(`${path}:${number + 1}: this line is longer than 256 MB; split it into lines`);
        }
      }
    }
    if (pendingBytes > 0) yield decode(pending, ++number);
  } finally {
    closeSync(file);
  }
}

function openForReading(path: string): number {
  try {
    const file = openSync(path, 'r');
    if (!fstatSync(file).isDirectory()) return file;
    closeSync(file);
  } catch (error) {
    const why = systemErrorInWords(error);
    throw why === null ? error : new UserError(`Cannot read ${path}: ${why}`);
  }
  throw new UserError(`${path} is a directory, a text file is needed here`);
}

function lineDecoder(path: string): (parts: Buffer[], number: number) => Line {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (parts, number) => {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    let text: string;
    try {
      text = utf8.decode(bytes);
    } catch {
      throw new UserError(
        `${path}:${number}: this line is not UTF-8; convert the file first, for example with iconv -f gb18030 -t utf-8`,
      );
    }
    if (number === 1 && text.startsWith('\uFEFF')) text = text.slice(1);
    return { text: text.endsWith('\r') ? text.slice(0, -1) : text, number };
  };
}
