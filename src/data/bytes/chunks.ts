/**
 * The bytes of a file, piece by piece: memory holds one piece, not the file. Files ending in .gz are unpacked on the way.
 *
 * Everything below is synchronous, so that readers are plain generators and a corpus is read in a `for` loop.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { systemErrorInWords, UserError } from '../../errors.ts';
import { Gunzip } from './gunzip.ts';

const CHUNK_BYTES = 1 << 20;
/** Packed bytes unpacked at once. Deflate makes at most 1032 bytes of each, so a piece stays below 68 MB. */
const PACKED_BYTES = 1 << 16;

/** A line, a JSON object or a CSV record may have at most this many bytes. No real document is longer; a damaged one may be. */
export const MAX_RECORD_BYTES = 256 << 20;

export function* readChunks(path: string): Generator<Buffer> {
  const file = openForReading(path);
  try {
    if (isPacked(path)) yield* unpack(file, path);
    else yield* pieces(file, path, CHUNK_BYTES);
  } finally {
    closeSync(file);
  }
}

/** The first bytes, unpacked, for a look at what kind of file it is; nobody hears of it. */
export function beginningOf(path: string): Uint8Array {
  return listening(null, () => {
    for (const chunk of readChunks(path)) return chunk;
    return new Uint8Array();
  });
}

/** The bytes as they lie on the disk, packed ones too. */
export function* readRawChunks(path: string): Generator<Buffer> {
  const file = openForReading(path);
  try {
    yield* pieces(file, path, CHUNK_BYTES);
  } finally {
    closeSync(file);
  }
}

/** Hears what is read from files: all bytes of those read from front to back, how far it went in those read by position. */
export interface ReadListener {
  piece(path: string, bytes: Uint8Array): void;
  reached(path: string, offset: number): void;
}

let listener: ReadListener | null = null;

/** Does something while a listener hears what it reads. Not for asynchronous work: what is read after it returns is not heard. */
export function listening<T>(to: ReadListener | null, read: () => T): T {
  const before = listener;
  listener = to;
  try {
    return read();
  } finally {
    listener = before;
  }
}

/** For files that are read by position: bytes up to this one have been looked at. */
export function reached(path: string, offset: number): void {
  listener?.reached(path, offset);
}

/** 268435456 -> "268,435,456 bytes" */
export function inBytes(bytes: number): string {
  return `${bytes.toLocaleString('en')} bytes`;
}

function isPacked(path: string): boolean {
  return path.toLowerCase().endsWith('.gz');
}

/** An open file, or one sentence. */
export function openForReading(path: string): number {
  try {
    const there = statSync(path); // opening a pipe would wait for whoever writes into it
    if (there.isFile()) return openSync(path, 'r');
    const kind = there.isDirectory() ? 'a directory' : 'a pipe or a device, which can be read only once';
    throw new UserError(`${path} is ${kind}; a file is needed here`);
  } catch (error) {
    const why = systemErrorInWords(error);
    throw why === null ? error : new UserError(`Cannot read ${path}: ${why}`);
  }
}

function* pieces(file: number, path: string, size: number): Generator<Buffer> {
  for (;;) {
    const chunk = Buffer.allocUnsafeSlow(size); // a new one each time: readers keep what they have not finished
    const bytes = readSync(file, chunk, 0, size, null);
    if (bytes === 0) return;
    const piece = chunk.subarray(0, bytes);
    listener?.piece(path, piece);
    yield piece;
  }
}

function* unpack(file: number, path: string): Generator<Buffer> {
  const gunzip = new Gunzip();
  const guard = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw new UserError(
        `${path}: this is not a gzip file, or it is damaged (${(error as Error).message}); get it again`,
      );
    }
  };
  for (const piece of pieces(file, path, PACKED_BYTES)) yield* guard(() => gunzip.push(piece));
  guard(() => gunzip.finish());
}
