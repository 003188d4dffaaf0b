/**
 * The system calls that change the disk, as one object: tests put another in its place that stops between any two of them, is
 * full or broken at the k-th, or forgets what was never forced to the disk. And the few steps that are made of them.
 *
 * A file is on the disk when fsync() of it has returned; its name is when fsync() of its directory has. A rename before the
 * first can leave an empty file after a power cut.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { FileContent } from '../formats/file-map.ts';

export interface Disk {
  /** r: a file or directory, to force it to the disk. w: a new file, or an old one emptied. */
  open(path: string, mode: 'r' | 'w'): number;
  /** Returns how many bytes were taken. */
  write(file: number, bytes: Uint8Array): number;
  fsync(file: number): void;
  close(file: number): void;
  mkdir(path: string): void;
  rename(from: string, to: string): void;
  link(from: string, to: string): void;
  copy(from: string, to: string): void;
  /** A file or a whole tree; nothing there is no error. */
  remove(path: string): void;
}

export const realDisk: Disk = {
  open: openSync,
  write: (file, bytes) => writeSync(file, bytes, 0, bytes.length, null),
  fsync: fsyncSync,
  close: closeSync,
  mkdir: (path) => mkdirSync(path),
  rename: renameSync,
  link: linkSync,
  copy: (from, to) => copyFileSync(from, to, constants.COPYFILE_EXCL),
  remove: (path) => rmSync(path, { recursive: true, force: true }),
};

/** One call of the system takes less than 2 GiB. */
const PIECE_BYTES = 64 << 20;

/** Write a file and force it to the disk. */
export function writeThrough(path: string, content: FileContent, disk: Disk): void {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const file = disk.open(path, 'w');
  try {
    for (let done = 0; done < bytes.length; )
      done += disk.write(file, bytes.subarray(done, done + PIECE_BYTES));
    disk.fsync(file);
  } finally {
    disk.close(file);
  }
}

/** Force a file or the names in a directory to the disk. */
export function sync(path: string, disk: Disk): void {
  let file: number;
  try {
    file = disk.open(path, 'r');
  } catch (error) {
    if (notForDirectories.has((error as NodeJS.ErrnoException).code)) return;
    throw error;
  }
  try {
    disk.fsync(file);
  } catch (error) {
    if (!notForDirectories.has((error as NodeJS.ErrnoException).code)) throw error;
  } finally {
    disk.close(file);
  }
}

/** Windows and some network file systems have no such call for directories, and no need of it. */
const notForDirectories: ReadonlySet<unknown> = new Set([
  ...['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'EBADF', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'],
]);

/**
 * Make a directory and those above it, names on the disk. Returns the first that was made; undefined if it was there.
 * (mkdirSync with `recursive` never returns where a file system takes no directories, such as /proc, seen with Node 20.)
 */
export function makeDirectories(path: string, disk: Disk = realDisk): string | undefined {
  const make = () => {
    disk.mkdir(path);
    sync(dirname(path), disk);
  };
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  try {
    make();
    return path;
  } catch (error) {
    const above = dirname(path);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return undefined;
    if (code !== 'ENOENT' || statSync(above, { throwIfNoEntry: false })?.isDirectory()) throw error;
    const made = makeDirectories(above, disk);
    make();
    return made ?? path;
  }
}
