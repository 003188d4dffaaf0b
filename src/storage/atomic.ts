/**
 * Files that are either complete or not there, whenever the machine stops.
 *
 * A single file is written beside its place, forced to the disk and renamed over it. A directory cannot be renamed over another,
 * so it is swapped in two renames, and the next writer repairs a swap that was cut short:
 *
 *   1. write NAME.next completely, its SHA256SUMS last           a crash here leaves NAME as it was
 *   2. NAME -> NAME.previous                                     a crash here: NAME.next is complete, finish the swap
 *   3. NAME.next -> NAME
 *   4. remove NAME.previous
 *
 * SHA256SUMS (the format of `sha256sum -c`) also finds files that a bad disk cut off or changed later.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { guardDisk, UserError } from '../errors.ts';
import type { FileContent, Files } from '../formats/file-map.ts';

const SUMS = 'SHA256SUMS';

/** How bytes get to the disk; replaced in tests to see what a full disk does. */
type WriteFile = (path: string, content: FileContent) => void;

function writeThrough(path: string, content: FileContent): void {
  const file = openSync(path, 'w');
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Write one file atomically. */
export function writeFileAtomically(
  path: string,
  content: FileContent,
  write: WriteFile = writeThrough,
): void {
  const partial = `${path}.partial`;
  guardDisk(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    try {
      write(partial, content);
      renameSync(partial, path);
    } catch (error) {
      rmSync(partial, { force: true });
      throw error;
    }
  });
}

/** Replace the directory `path` by these files, all or nothing. */
export function writeDirectoryAtomically(path: string, files: Files, write: WriteFile = writeThrough): void {
  repairDirectory(path);
  const next = `${path}.next`;
  guardDisk(path, () => {
    try {
      mkdirSync(next, { recursive: true });
      const sums: string[] = [];
      for (const [name, content] of files) {
        write(join(next, name), content);
        sums.push(`${sha256(content)}  ${name}\n`);
      }
      write(join(next, SUMS), sums.join(''));
    } catch (error) {
      rmSync(next, { recursive: true, force: true });
      throw error;
    }
    if (existsSync(path)) renameSync(path, `${path}.previous`);
    renameSync(next, path);
    rmSync(`${path}.previous`, { recursive: true, force: true });
  });
}

/** Rename a directory to the next free name, `path.old-1`, ... Returns that name; null where there is no directory. */
export function setAside(path: string): string | null {
  if (!existsSync(path)) return null;
  let n = 1;
  while (existsSync(`${path}.old-${n}`)) n++;
  const aside = `${path}.old-${n}`;
  renameSync(path, aside);
  return aside;
}

/** Where a reader finds the directory now: `path`, or, in the middle of a swap, its complete successor or its predecessor. */
export function locateDirectory(path: string): string {
  const [next, previous] = [`${path}.next`, `${path}.previous`];
  if (existsSync(path)) return path;
  if (isComplete(next)) return next;
  return existsSync(previous) ? previous : path;
}

/** Finish or undo a swap that was interrupted. Only for the writer: it also removes a half-written successor. */
export function repairDirectory(path: string): void {
  const [next, previous] = [`${path}.next`, `${path}.previous`];
  if (!existsSync(path) && existsSync(previous)) renameSync(isComplete(next) ? next : previous, path);
  for (const left of [next, previous]) if (existsSync(path)) rmSync(left, { recursive: true, force: true });
  // A first write that never finished: there is nothing to go back to.
  if (!existsSync(path) && existsSync(next)) {
    if (isComplete(next)) renameSync(next, path);
    else rmSync(next, { recursive: true });
  }
}

/** Compare every file with SHA256SUMS. A directory without that file (made elsewhere) is taken as it is. */
export function verifyDirectory(path: string): void {
  const sums = join(path, SUMS);
  if (!existsSync(sums)) return;
  for (const line of readFileSync(sums, 'utf8').split('\n')) {
    const match = /^([0-9a-f]{64}) {2}([^/\\]+)$/.exec(line);
    if (line === '') continue;
    if (match === null)
      throw new UserError(`${sums} is damaged: "${line.slice(0, 80)}" is not a checksum line`);
    const [, expected, name] = match as unknown as [string, string, string];
    const file = join(path, name);
    if (!existsSync(file))
      throw new UserError(`${file} is missing: the checkpoint is incomplete, use another one`);
    if (sha256(readFileSync(file)) !== expected) {
      throw new UserError(
        `${file} is not what was written (its SHA-256 differs): the file is damaged or was edited; ` +
          `use another checkpoint, or delete ${sums} if the change was intended`,
      );
    }
  }
}

function isComplete(path: string): boolean {
  if (!existsSync(join(path, SUMS))) return false;
  try {
    verifyDirectory(path);
    return true;
  } catch {
    return false;
  }
}

function sha256(content: FileContent): string {
  return createHash('sha256').update(content).digest('hex');
}
