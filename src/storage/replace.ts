/**
 * A directory of directories in the place of another, which is kept: a new run where there was an earlier one.
 *
 *   1. make NAME.next; a file in it says that it is half made until all is there       a crash here leaves NAME as it was
 *   2. NAME -> NAME.previous                                                          a crash here: NAME.next is complete
 *   3. NAME.next -> NAME
 *   4. NAME.previous -> NAME.old-1, or the next free number
 *
 * The steps and states are those of atomic.ts: `locateDirectory(NAME, markedBy(...))` finds it at any moment, and
 * `repairDirectory` finishes or undoes a swap that was cut short. What was half made is removed; anything else that is in the
 * way is set aside.
 */
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { guardDisk, UserError } from '../errors.ts';
import { HALF_MADE, isHalfMade, repairDirectory, type Swap, swapIn } from './atomic.ts';
import { makeDirectories, realDisk, sync, writeThrough } from './disk.ts';
import { ending, kindOf } from './paths.ts';

/** A directory that is complete when this file is in it. */
export function markedBy(marker: string): Swap {
  return {
    isComplete: (directory) =>
      lstatSync(join(directory, marker), { throwIfNoEntry: false })?.isFile() === true &&
      !isHalfMade(directory),
    keepsOld: true,
  };
}

/**
 * Put what `make` makes in the place of `path`, all or nothing. `make` gets an empty directory and writes the file `marker` last.
 * Returns where the old directory is kept; null if there was none. An error leaves the old one in its place.
 */
export function replaceDirectory(
  path: string,
  marker: string,
  make: (next: string) => void,
  disk = realDisk,
): string | null {
  const swap = markedBy(marker);
  repairDirectory(path, swap, disk);
  const next = path + ending.next;
  return guardDisk(path, () => {
    makeDirectories(dirname(path), disk);
    try {
      disk.mkdir(next);
      writeThrough(join(next, HALF_MADE), '', disk);
      make(next);
      disk.remove(join(next, HALF_MADE));
      sync(next, disk);
      if (!swap.isComplete(next)) throw new TypeError(`${next} was made without its ${marker}`);
    } catch (error) {
      try {
        disk.remove(next);
      } catch {
        // The first error is the one to tell.
      }
      throw error;
    }
    return swapIn(path, swap, disk);
  });
}

/**
 * The same files in another directory, as hard links: no copy, no room, no time. Where the file system has none they are copied.
 * Both names lead to the same bytes, so it is for files that are replaced and never changed in place.
 */
export function linkOrCopyDirectory(from: string, to: string, disk = realDisk): void {
  guardDisk(to, () => {
    makeDirectories(dirname(to), disk);
    disk.mkdir(to);
    for (const name of readdirSync(from)) {
      const [source, target] = [join(from, name), join(to, name)];
      const there = statSync(source);
      // What a link leads to might be changed behind our back: copied. A loop of directories is not followed.
      const isLink = lstatSync(source).isSymbolicLink();
      if (there.isDirectory() && !isLink) linkOrCopyDirectory(source, target, disk);
      else if (there.isFile()) linkOrCopy(source, target, isLink);
      else throw new UserError(`Cannot keep ${source}: it is ${isLink ? 'a link to ' : ''}${kindOf(there)}`);
    }
    sync(to, disk);
  });

  function linkOrCopy(source: string, target: string, isLink: boolean): void {
    if (!isLink && isDone(() => disk.link(source, target))) return;
    disk.copy(source, target);
    sync(target, disk);
  }
}

/** False where it failed: another file system, one without hard links, too many of them. If it is something else, copying says so. */
function isDone(link: () => void): boolean {
  try {
    link();
    return true;
  } catch {
    return false;
  }
}
