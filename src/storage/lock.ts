/**
 * One writer for each run: a lock file beside the directory (the directory itself is renamed when a new run makes room).
 *
 *   runs/x.lock   { id, pid, host, started, command, ... }     taken with link(): it is complete or it is not there
 *
 * A crash leaves its lock behind. Who finds one whose process is gone takes it over, and of several who do so at once exactly one
 * wins: the heir of lock ID is the file runs/x.lock.after-ID, which link() gives to one only. The heir renames its own lock over
 * the dead one. Should it die before that, it is the dead one, with an heir of its own: the last of the chain holds the lock.
 * (An id is never used twice, so once the first of the chain is replaced no one can come back to it.)
 */
import { randomBytes } from 'node:crypto';
import {
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { guardDisk, UserError } from '../errors.ts';
import { makeDirectories } from './disk.ts';
import { ending, realPath } from './paths.ts';

export interface DirectoryLock {
  /** Give the lock back; a second time does nothing. The end of the process does it too. */
  release(): void;
}

/** Whoever holds a lock; of a file that cannot be read only the id is known. */
interface Holder {
  readonly id: string;
  readonly age: number;
  readonly process: HoldingProcess | null;
}

interface HoldingProcess {
  readonly pid: number;
  readonly host: string;
  /** When the lock was taken, ISO 8601, UTC. */
  readonly started: string;
  readonly command: string | null;
  /** What tells the process from a later one with its number; null where the system does not say. */
  readonly birth: string | null;
  /** The boot of the machine and the process namespace (a container has its own) that the number belongs to. */
  readonly boot: string | null;
  readonly space: string | null;
}

/** A lock that cannot be read is being written or was cut off by a crash; after this time it is the latter. */
const UNREADABLE_MS = 60_000;

const held = new Map<string, () => void>();
let watching = false;

/**
 * Lock the directory `path`, which need not exist. Throws a UserError that names the process if one that lives, or one on
 * another machine, holds it.
 */
export function lockDirectory(
  path: string,
  { command = null }: { readonly command?: string | null } = {},
): DirectoryLock {
  const directory = realPath(path);
  const file = directory + ending.lock;
  const id = randomBytes(8).toString('hex');
  const draft = `${file}.${process.pid}-${id}`;
  return guardDisk(file, () => {
    const made = makeDirectories(dirname(file));
    try {
      writeFileSync(draft, `${JSON.stringify({ id, ...thisProcess(command) })}\n`, { flag: 'wx' });
      take(path, file, draft, id);
    } catch (error) {
      removeEmpty(dirname(file), made);
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    sweep(file);
    const release = () => {
      if (!held.delete(id)) return;
      try {
        if (holderOf(file)?.id === id) rmSync(file);
        removeEmpty(dirname(file), made);
      } catch {
        // What cannot be removed is taken over by the next: its process is gone.
      }
    };
    held.set(id, release);
    if (!watching) process.on('exit', releaseAll);
    watching = true;
    return { release };
  });
}

function releaseAll(): void {
  for (const release of held.values()) release();
}

function take(path: string, file: string, draft: string, id: string): void {
  for (let waited = 0; ; ) {
    const chain = chainFrom(file);
    const [first, last] = [chain[0], chain.at(-1)];
    if (first === undefined || last === undefined) {
      if (claim(draft, file, id)) return;
      continue;
    }
    if (!isGone(path, file, last)) {
      if (waited++ === 50) throw new UserError(`${file} is damaged: try again in a minute, or delete it`);
      pause(); // half written: in a moment it is complete
      continue;
    }
    const heir = heirOf(file, last.id);
    if (!claim(draft, heir, id)) continue;
    try {
      // Another may have been faster, and have cleared the chain away: then this place in it leads nowhere.
      if (holderOf(file)?.id !== first.id) continue;
      renameSync(draft, file);
      for (const { id: dead } of chain) if (dead !== last.id) rmSync(heirOf(file, dead), { force: true });
      return;
    } finally {
      rmSync(heir, { force: true });
    }
  }
}

/** The lock and its heirs, the holder last. */
function chainFrom(file: string): Holder[] {
  const first = holderOf(file);
  if (first === null) return [];
  const chain = [first];
  for (;;) {
    const next = holderOf(heirOf(file, chain.at(-1)!.id)); // never empty
    if (next !== null) chain.push(next);
    else return holderOf(file)?.id === first.id ? chain : chainFrom(file);
  }
}

const heirOf = (file: string, id: string) => `${file}.after-${id}`;

/** Give the draft this name if nothing has it yet; true for one only, however many try. */
function claim(draft: string, file: string, id: string): boolean {
  try {
    try {
      linkSync(draft, file);
    } catch (error) {
      if (!noHardLinks.has(codeOf(error))) throw error;
      writeFileSync(file, readFileSync(draft), { flag: 'wx' });
    }
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return holderOf(file)?.id === id; // a network file system may do it and report the opposite
  }
}

const noHardLinks: ReadonlySet<unknown> = new Set([
  ...['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV', 'UNKNOWN'],
]);

/** False: it cannot be told yet. Throws if the holder lives, or may. */
function isGone(path: string, file: string, { id, age, process: holder }: Holder): boolean {
  if (holder === null) return Math.abs(age) > UNREADABLE_MS;
  const since = `since ${holder.started.replace(/\.\d+Z$/, 'Z')}`;
  const command = holder.command === null ? '' : ` (${holder.command.slice(0, 100)})`;
  const boot = bootId();
  const isThisBoot = boot !== null && holder.boot === boot;
  if (isThisBoot ? holder.space !== pidSpace() : holder.host !== hostname()) {
    const where = holder.host === hostname() ? `another container of ${holder.host}` : holder.host;
    throw new UserError(
      `${path} is being written by process ${holder.pid}${command} of ${where}, ${since}: wait, or give another --out; ` +
        `if nothing writes there any more, delete ${file}`,
    );
  }
  const wasRebooted = boot !== null && holder.boot !== null && !isThisBoot;
  if (wasRebooted || !isRunning(holder)) return true;
  if (held.has(id)) throw new UserError(`${path} is already being written by this very process, ${since}`);
  throw new UserError(
    `${path} is being written by process ${holder.pid}${command}, ${since}: wait until it is done, ` +
      `stop it with "kill ${holder.pid}", or give another --out`,
  );
}

/** Null: there is no such file. */
function holderOf(file: string): Holder | null {
  const there = lstatSync(file, { throwIfNoEntry: false });
  if (there === undefined) return null;
  if (!there.isFile()) throw new UserError(`${file} is in the way: it should be a lock file; remove it`);
  const age = Date.now() - there.mtimeMs;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const { id, ...holder } = JSON.parse(text) as HoldingProcess & { readonly id: unknown };
    const isWhole =
      typeof id === 'string' &&
      /^[0-9a-f]{16}$/.test(id) &&
      Number.isSafeInteger(holder.pid) &&
      holder.pid > 0 &&
      [holder.host, holder.started].every((field) => typeof field === 'string') &&
      [holder.command, holder.birth, holder.boot, holder.space].every(
        (field) => field === null || typeof field === 'string',
      );
    if (isWhole) return { id, age, process: holder };
  } catch {
    // not JSON: as a file that holds something else
  }
  return { id: `unreadable-${there.ino}-${Math.trunc(there.mtimeMs)}`, age, process: null };
}

function thisProcess(command: string | null): HoldingProcess {
  const { pid } = process;
  const started = new Date().toISOString();
  const birth = birthOf(pid)?.birth ?? null;
  return { pid, host: hostname(), started, command, birth, boot: bootId(), space: pidSpace() };
}

function isRunning({ pid, birth }: Pick<HoldingProcess, 'pid' | 'birth'>): boolean {
  try {
    process.kill(pid, 0); // sends nothing
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false; // anything else: it is there, and another user's
  }
  const now = birthOf(pid);
  if (now === null) return true;
  return !now.isDead && (birth === null || now.birth === birth);
}

/** Linux: the start of a process in clock ticks since the boot. A zombie runs no more, though its number is still taken. */
function birthOf(pid: number): { readonly birth: string; readonly isDead: boolean } | null {
  const text = readOrNull(`/proc/${pid}/stat`);
  if (text === null) return null;
  // pid (name) state ...; the name may hold spaces and brackets. The start is field 22, proc(5).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, birth] = [fields[0], fields[19]];
  return birth === undefined ? null : { birth, isDead: state === 'Z' || state === 'X' };
}

function bootId(): string | null {
  return readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
}

function pidSpace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** What processes that were killed while they took the lock have left beside it. Only for the holder. */
function sweep(file: string): void {
  const start = `${basename(file)}.`;
  for (const name of readdirSync(dirname(file))) {
    const isOurs = /^(\d+-[0-9a-f]{16}|after-[0-9a-f]{16}|after-unreadable-.*)$/.test(
      name.slice(start.length),
    );
    if (!name.startsWith(start) || !isOurs) continue;
    const path = join(dirname(file), name);
    const made = lstatSync(path, { throwIfNoEntry: false });
    if (made?.isFile() && (Math.abs(Date.now() - made.mtimeMs) > UNREADABLE_MS || isOfNobody(path)))
      rmSync(path, { force: true });
  }
}

/** Also where the process came no further than its name. */
function isOfNobody(path: string): boolean {
  const found = holderOf(path)?.process ?? null;
  const [, pid] = /\.(\d+)-[0-9a-f]{16}$/.exec(path) ?? [];
  if (found === null) return pid !== undefined && !isRunning({ pid: Number(pid), birth: null });
  return found.boot === bootId() && found.space === pidSpace() && !isRunning(found);
}

/** Remove `folder` and those above it, up to the first that was made, as far as they are empty. */
function removeEmpty(folder: string, firstMade: string | undefined): void {
  if (firstMade === undefined) return;
  try {
    for (let path = folder; path.length >= firstMade.length; path = dirname(path)) rmdirSync(path);
  } catch {
    // in use by now
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException | null)?.code;
}
