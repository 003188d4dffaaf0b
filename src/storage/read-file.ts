/** Files from the disk, whole or in pieces; one that cannot be read is one sentence. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { FaultError, guardFile, UserError } from '../errors.ts';
import { kindOf } from './paths.ts';

const PIECE_BYTES = 4 << 20;

export function readBytes(path: string): Uint8Array {
  return guardFile(`Cannot read ${path}`, () => {
    const { size } = fileAt(path);
    if (size === 0) return readFileSync(path); // also files of /proc, which do not say their size
    const bytes = memoryFor(size, path);
    let filled = 0;
    eachPiece(path, (piece) => {
      const part = piece.subarray(0, size - filled); // what is appended meanwhile is not part of it
      bytes.set(part, filled);
      filled += part.length;
    });
    return bytes.subarray(0, filled);
  });
}

export function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}

/** The bytes of a file of any size, piece by piece. A piece is overwritten by the next. */
export function eachPiece(path: string, use: (piece: Uint8Array) => void): void {
  guardFile(`Cannot read ${path}`, () => {
    fileAt(path);
    const file = openSync(path, 'r');
    try {
      const piece = new Uint8Array(PIECE_BYTES);
      for (;;) {
        const length = readSync(file, piece, 0, piece.length, null);
        if (length === 0) return;
        use(piece.subarray(0, length));
      }
    } finally {
      closeSync(file);
    }
  });
}

/** Opening a named pipe waits for a writer, and a device may never end. */
function fileAt(path: string): { readonly size: number } {
  const there = statSync(path);
  if (!there.isFile()) throw new UserError(`Cannot read ${path}: it is ${kindOf(there)}`);
  return there;
}

function memoryFor(size: number, path: string): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch {
    throw new FaultError(
      `Cannot read ${path}: there is no memory for its ${size.toLocaleString('en')} bytes`,
    );
  }
}
