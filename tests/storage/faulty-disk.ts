/**
 * A disk for tests of what is written: it counts its calls, and at the k-th the process dies, the power goes, or an error comes.
 *
 *   crash   the k-th call is half done (a write) or not done, and no call after it does anything: a process that was killed
 *   power   the same; then everything is undone that was not forced to the disk: data without fsync() of the file, names
 *           without fsync() of their directory, in the order in which they were made, for as many as the caller says
 *   error   the k-th call fails with a code of the system; of the following ones none, those that need room, or all
 *
 * Removing a tree is one call for each file in it, as it is for the system.
 */
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Disk, realDisk } from '../../src/storage/disk.ts';

export class Crash extends Error {}

export interface Call {
  readonly name: keyof Disk;
  readonly path: string;
  readonly to?: string;
}

type Fault = { readonly at: number } & (
  | { readonly kind: 'crash' }
  | {
      readonly kind: 'error';
      readonly code: string;
      readonly lasts: 'not' | 'for what needs room' | 'for all';
    }
);

/** Calls that need room on the disk. */
const needRoom: ReadonlySet<keyof Disk> = new Set(['write', 'mkdir', 'link', 'copy', 'fsync']);

export class FaultyDisk implements Disk {
  /** What was asked for so far; `calls.length` of a run without a fault is the number of places for one. */
  readonly calls: Call[] = [];
  private readonly fault: Fault | null;
  isDead = false;
  private readonly paths = new Map<number, string>();
  /** Names made and not yet forced to the disk, each with what undoes it. */
  private unsynced: (() => void)[] = [];
  private readonly dirty = new Set<string>();
  private trash: string | null = null;
  private readonly scratch: string;

  /** `scratch`: a folder of the same file system for what is removed. */
  constructor(scratch: string, fault: Fault | null = null) {
    this.scratch = scratch;
    this.fault = fault;
  }

  open(path: string, mode: 'r' | 'w'): number {
    return this.call({ name: 'open', path }, () => {
      const isNew = mode === 'w' && !existsSync(path);
      const file = realDisk.open(path, mode);
      this.paths.set(file, path);
      if (isNew) this.unsynced.push(() => unlinkSync(path));
      if (mode === 'w') this.dirty.add(path);
      return file;
    });
  }

  write(file: number, bytes: Uint8Array): number {
    const half = () => realDisk.write(file, bytes.subarray(0, bytes.length >> 1));
    return this.call({ name: 'write', path: this.pathOf(file) }, () => realDisk.write(file, bytes), half);
  }

  /** Forces nothing to the real disk: the tests are many, and the machine stays on. */
  fsync(file: number): void {
    const path = this.pathOf(file);
    this.call({ name: 'fsync', path }, () => {
      if (lstatSync(path).isDirectory()) this.unsynced = [];
      else this.dirty.delete(path);
    });
  }

  close(file: number): void {
    realDisk.close(file); // a process that dies closes its files, too
  }

  mkdir(path: string): void {
    this.call({ name: 'mkdir', path }, () => {
      mkdirSync(path);
      this.unsynced.push(() => rmdirSync(path));
    });
  }

  rename(from: string, to: string): void {
    this.call({ name: 'rename', path: from, to }, () => {
      const replaced = existsSync(to) && lstatSync(to).isFile() ? this.hide(to) : null;
      renameSync(from, to);
      this.moveDirt(from, to);
      this.unsynced.push(() => {
        renameSync(to, from);
        this.moveDirt(to, from);
        if (replaced !== null) renameSync(replaced, to);
      });
    });
  }

  link(from: string, to: string): void {
    this.call({ name: 'link', path: from, to }, () => {
      linkSync(from, to);
      this.unsynced.push(() => unlinkSync(to));
    });
  }

  copy(from: string, to: string): void {
    this.call(
      { name: 'copy', path: from, to },
      () => this.copied(to, () => realDisk.copy(from, to)),
      () => this.copied(to, () => writeFileSync(to, 'half')),
    );
  }

  private copied(to: string, copy: () => void): void {
    copy();
    this.dirty.add(to);
    this.unsynced.push(() => unlinkSync(to));
  }

  remove(path: string): void {
    if (!existsSync(path)) return;
    if (lstatSync(path).isDirectory()) {
      for (const name of readdirSync(path)) this.remove(join(path, name));
      this.call({ name: 'remove', path }, () => {
        rmdirSync(path);
        this.unsynced.push(() => mkdirSync(path));
      });
    } else {
      this.call({ name: 'remove', path }, () => {
        const hidden = this.hide(path);
        this.unsynced.push(() => renameSync(hidden, path));
      });
    }
  }

  /** The power goes: of the names that were not forced to the disk the last `lost` are lost, and all data that was not. */
  powerCut(lost: number): void {
    for (let i = 0; i < lost; i++) this.unsynced.pop()?.();
    for (const path of this.dirty) if (existsSync(path)) truncateSync(path, 0);
  }

  /** How many names a power cut could undo now. */
  get undecided(): number {
    return this.unsynced.length;
  }

  private call<T>(call: Call, run: () => T, half: () => unknown = () => {}): T {
    if (this.isDead) throw new Crash('the process is dead');
    this.calls.push(call);
    const { fault } = this;
    const past = this.calls.length - 1 - (fault?.at ?? Infinity);
    if (fault?.kind === 'crash' && past === 0) {
      this.isDead = true;
      half();
      throw new Crash('the process is killed');
    }
    const fails =
      fault?.kind === 'error' &&
      (fault.lasts === 'for all' || (fault.lasts !== 'not' && needRoom.has(call.name)));
    if (fault?.kind === 'error' && (past === 0 || (past > 0 && fails))) {
      half();
      throw Object.assign(new Error(`${fault.code}: ${call.name}`), { code: fault.code });
    }
    return run();
  }

  private pathOf(file: number): string {
    return this.paths.get(file) ?? '';
  }

  private hide(path: string): string {
    this.trash ??= mkdtempSync(join(this.scratch, 'trash-'));
    const hidden = join(this.trash, String(this.calls.length));
    renameSync(path, hidden);
    return hidden;
  }

  private moveDirt(from: string, to: string): void {
    for (const path of [...this.dirty]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.dirty.delete(path);
      this.dirty.add(to + path.slice(from.length));
    }
  }
}

/**
 * The order in which things must reach the disk: what gets its final name is on the disk before that, with all names in it; what
 * is removed is not needed any more, since the names that took its place are; and at the end nothing is left to chance.
 * Returns the first breach in words; null if there is none.
 */
export function orderBroken(calls: readonly Call[]): string | null {
  const waiting = new Set<string>(); // files with data, and directories with names, that are not on the disk
  const renamed: string[] = [];
  const isIn = (path: string, directory: string) => path === directory || path.startsWith(`${directory}/`);
  for (const [i, { name, path, to }] of calls.entries()) {
    const say = (what: string) => `call ${i}: ${path} is ${name}d, but ${what} is not on the disk`;
    if (name === 'fsync') waiting.delete(path);
    if (name === 'write' || name === 'copy') waiting.add(to ?? path);
    if (name === 'mkdir' || name === 'link' || name === 'copy' || name === 'write')
      waiting.add(dirname(to ?? path));
    if (name === 'rename' && to !== undefined) {
      const early = [...waiting].find((each) => isIn(each, path));
      if (early !== undefined) return say(early);
      for (const above of [dirname(path), dirname(to)]) waiting.add(above);
      renamed.push(to);
    }
    if (name === 'remove') {
      const early = renamed.find((each) => isIn(path, each) && waiting.has(dirname(each)));
      if (early !== undefined) return say(`what ${dirname(early)} holds`);
    }
  }
  const [left] = waiting;
  return left === undefined ? null : `at the end ${left} is not on the disk`;
}
