/** Whole files from the disk; one that cannot be read is one sentence. */
import { readFileSync } from 'node:fs';
import { systemErrorInWords, UserError } from '../errors.ts';

export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = systemErrorInWords(error);
    throw why === null ? error : new UserError(`Cannot read ${path}: ${why}`);
  }
}

export function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}
