/**
 * SHA256SUMS: one line for each file of a directory, in the format of `sha256sum -c`. It is written last, so it also says that
 * the directory is complete; and it finds files that a bad disk, a broken copy or an editor changed later.
 *
 *   ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  config.json
 */
import { createHash, type Hash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { guardFile, UserError } from '../errors.ts';
import type { FileContent, Files } from '../formats/file-map.ts';
import { kindOf } from './paths.ts';
import { eachPiece, readText } from './read-file.ts';

export const SUMS_FILE = 'SHA256SUMS';

/** No directory of ours has more than a few kB of them. */
const LONGEST_BYTES = 1 << 20;

/** The text of SHA256SUMS for these files. */
export function sumsOf(files: Files): string {
  return [...files].map(([name, content]) => `${sha256(content)}  ${name}\n`).join('');
}

/**
 * Compare every file with SHA256SUMS; a UserError names the first that differs. A directory without that file (made elsewhere) is
 * taken as it is. `needed`: files that must be listed if they are there, because they are going to be read.
 */
export function verifyDirectory(directory: string, needed: readonly string[] = []): void {
  const damage = damageOf(directory, needed);
  if (damage !== null) throw new UserError(damage);
}

/** True for a directory with a SHA256SUMS and everything in it. */
export function isCompleteBySums(directory: string): boolean {
  return existsSync(join(directory, SUMS_FILE)) && damageOf(directory, []) === null;
}

/**
 * SHA-256 of one file of a directory: what SHA256SUMS says, else computed. Whether the file is what SHA256SUMS says is
 * verifyDirectory's to find out.
 */
export function sumOf(directory: string, name: string): string {
  const sums = readSums(directory);
  if (typeof sums === 'string') throw new UserError(sums);
  return sums?.get(name) ?? sumOfFile(join(directory, name));
}

/** SHA-256 of a file of any size. */
export function sumOfFile(path: string): string {
  const hash = createHash('sha256');
  eachPiece(path, (piece) => hash.update(piece));
  return hex(hash);
}

/** What is wrong with a directory, in a sentence; null if nothing is. Throws where it cannot be read. */
function damageOf(directory: string, needed: readonly string[]): string | null {
  return guardFile(`Cannot read ${directory}`, () => differenceIn(directory, needed));
}

function differenceIn(directory: string, needed: readonly string[]): string | null {
  const sums = readSums(directory);
  if (sums === null || typeof sums === 'string') return sums;
  const list = join(directory, SUMS_FILE);
  for (const name of needed) {
    if (!sums.has(name) && existsSync(join(directory, name)))
      return `${list} does not list ${name}: one of the two is not what was written; use another checkpoint`;
  }
  for (const [name, expected] of sums) {
    const file = join(directory, name);
    const there = statSync(file, { throwIfNoEntry: false });
    if (there === undefined) return `${file} is missing: the checkpoint is incomplete, use another one`;
    if (!there.isFile())
      return `${file} is ${kindOf(there)}, not a file: the checkpoint is damaged, use another one`;
    if (sumOfFile(file) !== expected) {
      return (
        `${file} is not what was written (its SHA-256 differs): the file is damaged or was edited; ` +
        `use another checkpoint, or delete ${list} if the change was intended`
      );
    }
  }
  return null;
}

/** Name -> sum; null where there is no SHA256SUMS; what is wrong with it, in a sentence. */
function readSums(directory: string): Map<string, string> | string | null {
  const list = join(directory, SUMS_FILE);
  const there = statSync(list, { throwIfNoEntry: false });
  if (there === undefined) return null;
  const damaged = (why: string) =>
    `${list} is damaged: ${why}; use another checkpoint, or delete that file if you trust the others`;
  if (!there.isFile()) return damaged(`it is ${kindOf(there)}`);
  if (there.size > LONGEST_BYTES) return damaged('it is far too long');
  const sums = new Map<string, string>();
  for (const [i, line] of readText(list).split(/\r?\n/).entries()) {
    if (line === '') continue;
    const [, sum, name] = /^([0-9a-fA-F]{64}) [ *](.+)$/.exec(line) ?? [];
    if (sum === undefined || name === undefined || !isFileName(name))
      return damaged(
        `line ${i + 1}, "${line.slice(0, 100)}", is not the checksum of a file in the directory`,
      );
    if (sums.has(name)) return damaged(`it lists ${name} twice`);
    sums.set(name, sum.toLowerCase());
  }
  return sums.size === 0 ? damaged('it lists no file') : sums;
}

/** A file of the directory itself, whatever the system. */
function isFileName(name: string): boolean {
  return name !== '.' && name !== '..' && !/[/\\\p{Cc}]/u.test(name);
}

function sha256(content: FileContent): string {
  return hex(createHash('sha256').update(content));
}

function hex(hash: Hash): string {
  return hash.digest('hex');
}
