/**
 * Token files (.bin): ids as unsigned 16-bit little-endian integers, nothing else; each document ends with `</s>`.
 *
 * Two bytes per token and no header: the format of tiny-llm-zh. It is read by position, so that training touches only the rows
 * of the current batch, however large the file is. A vocabulary above 65,536 does not fit and is refused, never wrapped.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { guardDisk, systemErrorInWords, UserError } from '../../errors.ts';

const BYTES = 2;
const FLUSH_TOKENS = 1 << 18;

export class TokenFile {
  readonly path: string;
  /** Number of tokens. */
  readonly length: number;
  private readonly file: number;

  constructor(path: string) {
    this.path = path;
    try {
      this.file = openSync(path, 'r');
    } catch (error) {
      const why = systemErrorInWords(error);
      throw why === null ? error : new UserError(`Cannot read ${path}: ${why}`);
    }
    const stat = fstatSync(this.file);
    const { size } = stat;
    if (stat.isDirectory() || size % BYTES !== 0) closeSync(this.file);
    if (stat.isDirectory()) throw new UserError(`${path} is a directory; a token file is needed here`);
    if (size % BYTES !== 0) {
      throw new UserError(
        `${path}: ${size} bytes are not a whole number of 16-bit tokens; the file is cut off or not a token file`,
      );
    }
    this.length = size / BYTES;
  }

  /** Tokens start .. start + length - 1. */
  read(start: number, length: number): Uint16Array {
    if (start < 0 || start + length > this.length) {
      throw new RangeError(
        `${this.path}: tokens ${start} to ${start + length} are outside a file of ${this.length}`,
      );
    }
    const bytes = new Uint8Array(length * BYTES);
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(this.file, bytes, done, bytes.length - done, start * BYTES + done);
      if (count === 0) throw new UserError(`${this.path} became shorter while it was being read`);
      done += count;
    }
    const view = new DataView(bytes.buffer);
    return Uint16Array.from({ length }, (_, i) => view.getUint16(i * BYTES, true));
  }

  /** Refuses ids that the vocabulary does not have: the file was made with another tokenizer. */
  checkVocabulary(vocabSize: number): void {
    for (let start = 0; start < this.length; start += FLUSH_TOKENS) {
      const tokens = this.read(start, Math.min(FLUSH_TOKENS, this.length - start));
      const bad = tokens.findIndex((id) => id >= vocabSize);
      if (bad !== -1) {
        throw new UserError(
          `${this.path}: token ${start + bad} has id ${tokens[bad]}, but the vocabulary has ${vocabSize}; ` +
            'use the tokenizer that made this file',
        );
      }
    }
  }

  close(): void {
    closeSync(this.file);
  }
}

/** A token file in the making. It appears under its name only when it is complete. */
export class TokenFileWriter {
  /** Tokens so far. */
  length = 0;
  private readonly path: string;
  private readonly file: number;
  private buffer = new DataView(new ArrayBuffer(FLUSH_TOKENS * BYTES));
  private filled = 0;

  constructor(path: string, vocabSize: number) {
    if (vocabSize > 65536) {
      throw new UserError(
        `${path}: a vocabulary of ${vocabSize} does not fit into 16-bit tokens (65,536 at most)`,
      );
    }
    this.path = path;
    this.file = guardDisk(path, () => openSync(this.partial, 'w'));
  }

  private get partial(): string {
    return `${this.path}.partial`;
  }

  add(ids: readonly number[]): void {
    if (this.filled + ids.length > FLUSH_TOKENS) this.flush();
    if (ids.length > FLUSH_TOKENS) this.buffer = new DataView(new ArrayBuffer(ids.length * BYTES));
    for (const id of ids) this.buffer.setUint16(BYTES * this.filled++, id, true);
    this.length += ids.length;
  }

  finish(): void {
    this.flush();
    guardDisk(this.path, () => fsyncSync(this.file)); // or the name could reach the disk before the tokens
    closeSync(this.file);
    renameSync(this.partial, this.path);
  }

  /** Instead of `finish`: the file is given up. */
  discard(): void {
    closeSync(this.file);
    rmSync(this.partial, { force: true });
  }

  private flush(): void {
    const { buffer, filled } = this;
    guardDisk(this.path, () => writeAll(this.file, new Uint8Array(buffer.buffer, 0, filled * BYTES)));
    this.filled = 0;
  }
}

/** Write documents of ids to `path`; returns the number of tokens. */
export function writeTokenFile(
  path: string,
  documents: Iterable<readonly number[]>,
  vocabSize: number,
): number {
  const writer = new TokenFileWriter(path, vocabSize);
  try {
    for (const ids of documents) writer.add(ids);
    writer.finish();
  } catch (error) {
    writer.discard();
    throw error;
  }
  return writer.length;
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
