/**
 * Files that are either complete or not there, whenever the machine stops.
 *
 * A single file is written beside its place, forced to the disk and renamed over it. A directory cannot be renamed over another,
 * so it is swapped in two renames, and the next writer repairs a swap that was cut short:
 *
 *   1. write NAME.next completely, its SHA256SUMS last           a crash here leaves NAME as it was
 *   2. NAME -> NAME.previous                                     a crash here: NAME.next is complete, finish the swap
 *   3. NAME.next -> NAME
 *   4. remove NAME.previous                                      (or keep it: replace.ts swaps whole runs)
 *
 * At any moment one rule says where the directory is (`standing`): readers follow it, and repair makes it so.
 * Names are forced to the disk before step 2 (those in NAME.next) and after step 3 (those of the renames); beside the files of a
 * checkpoint (12 MB: 0.12 s) that takes no time that could be measured.
 */
import { lstatSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FaultError, guardDisk, guardFile, UserError } from '../errors.ts';
import type { FileContent, Files } from '../formats/file-map.ts';
import { isCompleteBySums, SUMS_FILE, sumsOf } from './checksums.ts';
import { type Disk, makeDirectories, realDisk, sync, writeThrough } from './disk.ts';
import { ending, kindOf } from './paths.ts';

/** How a directory is known to be complete, and what becomes of the one whose place it takes. */
export interface Swap {
  isComplete(directory: string): boolean;
  /** Nothing is ever removed: what makes room gets the next free name, NAME.old-1, ... */
  readonly keepsOld: boolean;
}

const bySums: Swap = { isComplete: isCompleteBySums, keepsOld: false };

/** In a directory of directories that is being made: it holds nothing but copies and links so far. */
export const HALF_MADE = '.half-made';

export function isHalfMade(directory: string): boolean {
  return isThere(join(directory, HALF_MADE));
}

/** Write one file atomically. */
export function writeFileAtomically(path: string, content: FileContent, disk = realDisk): void {
  const partial = path + ending.partial;
  guardDisk(path, () => {
    makeDirectories(dirname(path), disk);
    try {
      writeThrough(partial, content, disk);
      disk.rename(partial, path);
    } catch (error) {
      attempt(() => disk.remove(partial));
      throw error;
    }
    sync(dirname(path), disk);
  });
}

/** Replace the directory `path` by these files, all or nothing. */
export function writeDirectoryAtomically(path: string, files: Files, disk = realDisk): void {
  repairDirectory(path, bySums, disk);
  const next = path + ending.next;
  guardDisk(path, () => {
    makeDirectories(dirname(path), disk);
    try {
      disk.mkdir(next);
      for (const [name, content] of files) writeThrough(join(next, name), content, disk);
      writeThrough(join(next, SUMS_FILE), sumsOf(files), disk);
      sync(next, disk);
    } catch (error) {
      attempt(() => disk.remove(next));
      throw error;
    }
    swapIn(path, bySums, disk);
  });
}

/**
 * The last steps of a swap: the complete NAME.next takes the place of NAME. Returns where the old directory is kept, if it is.
 * An error leaves the old one in its place.
 */
export function swapIn(path: string, swap: Swap, disk: Disk): string | null {
  const [next, previous] = [path + ending.next, path + ending.previous];
  const hadOne = isThere(path);
  const aside = hadOne && swap.keepsOld ? freeName(path) : null;
  try {
    if (hadOne) disk.rename(path, previous);
    disk.rename(next, path);
    if (aside !== null) disk.rename(previous, aside);
    sync(dirname(path), disk);
  } catch (error) {
    attempt(() => {
      const isIn = !isThere(next);
      if (isIn) disk.rename(path, next);
      if (hadOne && !isThere(path)) disk.rename(isThere(previous) ? previous : (aside ?? previous), path);
      disk.remove(next);
    });
    throw error;
  }
  attempt(() => disk.remove(previous)); // the new one is in place; what is left the next writer removes
  return aside;
}

/** Rename a directory to the next free name, `NAME.old-1`, ... Returns that name; null where there is no directory. */
export function setAside(path: string, name = path, disk = realDisk): string | null {
  return guardDisk(path, () => {
    if (!isThere(path)) return null;
    const aside = freeName(name);
    disk.rename(path, aside);
    sync(dirname(path), disk);
    return aside;
  });
}

function freeName(path: string): string {
  let n = 1;
  while (isThere(`${path}${ending.old}${n}`)) n++;
  return `${path}${ending.old}${n}`;
}

/**
 * Where the directory is now: in its place; or, in the middle of a swap, still in that of its successor, if that is complete,
 * else of its predecessor. Null: nowhere.
 */
function standing(path: string, swap: Swap): string | null {
  const [next, previous] = [path + ending.next, path + ending.previous];
  if (isThere(path)) return path;
  if (isThere(next) && swap.isComplete(next)) return next;
  return isThere(previous) ? previous : null;
}

/** Where a reader finds the directory now; `path` itself where there is none. */
export function locateDirectory(path: string, swap = bySums): string {
  const bare = path.replace(/(?<=[^/])\/+$/, '');
  return guardFile(`Cannot read ${path}`, () => standing(bare, swap)) ?? bare;
}

/** Finish or undo a swap that was interrupted. Only for the writer: it also clears away what is half written. */
export function repairDirectory(path: string, swap = bySums, disk = realDisk): void {
  guardDisk(path, () => {
    refuseOther(path);
    const now = standing(path, swap);
    if (now !== null && now !== path) {
      disk.rename(now, path);
      sync(dirname(path), disk);
    }
    for (const left of [ending.next, ending.previous]) {
      if (!isThere(path + left)) continue;
      if (!swap.keepsOld || isHalfMade(path + left)) disk.remove(path + left);
      else setAside(path + left, left === ending.previous ? path : path + left, disk);
    }
  });
}

/** What is renamed must be the directory: of a symbolic link only the link would be. */
function refuseOther(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined || there.isDirectory()) return;
  const kind = there.isSymbolicLink() ? 'a symbolic link' : kindOf(there);
  throw new UserError(
    `${path} is ${kind}, not a directory: it is in the way, remove it or choose another place`,
  );
}

/**
 * Read a directory that another process may replace at this moment: what `read` gives is of one state of it. Reads again where
 * the directory was replaced meanwhile.
 */
export function readDirectory<T>(path: string, read: (directory: string) => T, swap = bySums): T {
  for (let tries = 1; ; tries++) {
    const directory = locateDirectory(path, swap);
    const before = identity(directory);
    const isTheSame = () => locateDirectory(path, swap) === directory && identity(directory) === before;
    try {
      const value = read(directory);
      if (isTheSame()) return value;
    } catch (error) {
      if (isTheSame()) throw error;
    }
    if (tries === 5)
      throw new FaultError(
        `${path} is being replaced again and again; try once more when its writer has ended`,
      );
  }
}

function identity(directory: string): string {
  const { dev, ino, mtimeMs } = statSync(directory, { throwIfNoEntry: false }) ?? {};
  return `${dev} ${ino} ${mtimeMs}`;
}

/** False also below a file: there can be nothing. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}

/** Clearing up after an error; if that fails as well, the first error is the one to tell, and the next writer repairs the rest. */
function attempt(run: () => void): void {
  try {
    run();
  } catch {
    // told already
  }
}
