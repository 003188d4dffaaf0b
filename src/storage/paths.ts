/**
 * Paths as a user types them: where they lead, and whether a directory can be written there.
 *
 * A directory that is written is also renamed, and has neighbours that share its name (x.next while it is replaced, x.lock, and
 * so on). Hence more can be wrong with `--out` than that it cannot be written: it may be a link, a mount point, or a name with no
 * room for an ending. Everything is found before any work, and nothing is left of the search.
 */
import { randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, join, normalize, parse, relative, resolve, sep } from 'node:path';
import { guardDisk, guardFile, UserError } from '../errors.ts';
import { makeDirectories } from './disk.ts';

/** Neighbours of a file or directory that is being written. */
export const ending = {
  /** What replaces it, until it is complete. */
  next: '.next',
  /** What it replaces, until it is in place. */
  previous: '.previous',
  /** The same as `next`, of a single file. */
  partial: '.partial',
  lock: '.lock',
  /** Followed by a number: what made room and is kept. */
  old: '.old-',
} as const;

/** Room for two of them and a number. */
const ROOM = 40;
/** Room for a stage and a file in it, with a slash each. */
const INSIDE = 'stage-of-a-run.previous/a-file-with-a-long-name.safetensors.partial';

/** The path without a slash at its end and without the parts that lead nowhere (`a//b`, `a/./b`, `a/../b`). */
export function plainPath(given: string): string {
  const path = normalize(given);
  return path.length > 1 && path.endsWith(sep) && path !== parse(path).root ? path.slice(0, -1) : path;
}

/** The absolute path behind `given`, free of symbolic links. Its last parts need not exist yet. */
export function realPath(given: string): string {
  return followed(given, given);
}

function followed(given: string, name: string): string {
  const missing: string[] = [];
  for (let path = resolve(given); ; path = dirname(path)) {
    const real = guardFile(`Cannot use ${name}`, () => realOrNull(path));
    if (real !== null) return join(real, ...missing);
    if (statOf(path, name, lstatSync)?.isSymbolicLink()) {
      const place = missing.length === 0 ? 'it' : path;
      throw new UserError(`Cannot use ${name}: ${place} is a symbolic link to a place that does not exist`);
    }
    missing.unshift(basename(path));
  }
}

function realOrNull(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * The directory that a command may write, replace and set aside, whether it is there or not: free of a slash at its end, absolute
 * where `given` says it as `.`, `..` or by a symbolic link. Throws a UserError that says what is in the way.
 *
 * holds   files and directories of which such a directory has at least one: one that holds only other things is someone else's
 */
export function outputDirectory(
  given: string,
  { flag = '--out', holds = [] }: { readonly flag?: string; readonly holds?: readonly string[] } = {},
): string {
  if (given === '') throw new UserError(`${flag} is empty; give a directory such as runs/mine`);
  const name = `${flag} ${given}`;
  const plain = plainPath(given);
  const real = followed(plain, name);
  const isLink = statOf(plain, name, lstatSync)?.isSymbolicLink() === true;
  const path = isLink || /^\.{0,2}$/.test(basename(plain)) ? real : plain;
  if (real === parse(real).root)
    throw new UserError(`${name} is the root of the file system; give a directory below it`);
  refuseEnding(name, basename(real));
  const there = statOf(real, name, statSync);
  if (there !== undefined) {
    if (!there.isDirectory()) throw new UserError(`${name} is ${kindOf(there)}, not a directory`);
    if (isMountPoint(real))
      throw new UserError(
        `${name} is where a file system is mounted, so it cannot be renamed; give a directory in it, such as ${join(path, 'run')}`,
      );
    refuseForeign(name, real, path, holds);
  }
  tryToWrite(name, real, there !== undefined);
  return path;
}

function refuseEnding(name: string, base: string): void {
  const taken = [ending.next, ending.previous, ending.partial, ending.lock].find((end) => base.endsWith(end));
  if (taken !== undefined) {
    throw new UserError(
      `${name}: names that end in ${taken} are for what is being written beside a directory; choose another`,
    );
  }
}

/** A directory with other things in it would be renamed with them when a new run makes room. */
function refuseForeign(name: string, real: string, path: string, holds: readonly string[]): void {
  if (holds.length === 0) return;
  const inside = guardFile(`Cannot use ${name}`, () => readdirSync(real)).filter(
    (entry) => !entry.startsWith('.'),
  );
  if (inside.length === 0 || inside.some((entry) => holds.includes(entry))) return;
  throw new UserError(
    `${name} holds other things (${inside[0]}) and no run; give a new directory, such as ${join(path, 'run')}`,
  );
}

/** Make a directory beside it and one in it, with the longest names that will be needed, and remove them. */
function tryToWrite(name: string, real: string, isThere: boolean): void {
  const base = lastThere(dirname(real));
  const probe = (parent: string, inside: string) => {
    const top = join(parent, `.probe-${process.pid}-${randomBytes(6).toString('hex')}`);
    try {
      for (const left of readdirSync(parent)) if (isAbandoned(left)) removeEmptyTree(join(parent, left));
      mkdirSync(top);
      makeDirectories(join(top, inside));
    } catch (error) {
      // In /proc and its like a directory is there and takes nothing.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new UserError(`${name} cannot be made: the file system there takes no new directories`);
    } finally {
      rmSync(top, { recursive: true, force: true });
    }
  };
  statOf(join(real + 'x'.repeat(ROOM), INSIDE), name, lstatSync); // as a whole the path may be too long
  guardDisk(name, () => {
    probe(base, relative(base, real) + 'x'.repeat(ROOM));
    if (isThere) probe(real, '');
  });
}

/** The probe of a process that was killed before it could remove it. */
function isAbandoned(name: string): boolean {
  const [, pid] = /^\.probe-(\d+)-[0-9a-f]{12}$/.exec(name) ?? [];
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0); // sends nothing
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Directories in directories; if there is anything else in one, it stays. */
function removeEmptyTree(path: string): void {
  try {
    for (const name of readdirSync(path)) removeEmptyTree(join(path, name));
    rmdirSync(path);
  } catch {
    // Not ours after all, or another removes it too.
  }
}

function lastThere(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? lastThere(dirname(path)) : path;
}

/** Directories where a file system begins cannot be renamed. */
function isMountPoint(path: string): boolean {
  let mounts: string;
  try {
    mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return statSync(path).dev !== statSync(dirname(path)).dev; // not Linux
  }
  return mounts.split('\n').some((line) => {
    const point = line.split(' ')[4] ?? '';
    return (
      point.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8))) === path
    );
  });
}

/** What is there; undefined if nothing is. */
function statOf(path: string, name: string, stat: typeof statSync | typeof lstatSync): Stats | undefined {
  return guardFile(`Cannot use ${name}`, () => stat(path, { throwIfNoEntry: false })) as Stats | undefined;
}

/** "a file", "a named pipe" */
export function kindOf(there: Stats): string {
  if (there.isDirectory()) return 'a directory';
  if (there.isFIFO()) return 'a named pipe';
  if (there.isSocket()) return 'a socket';
  return there.isFile() ? 'a file' : 'a device';
}
