/**
 * Every operation that changes directories, stopped between any two of its system calls: killed, without power, or with an error.
 * Afterwards a reader sees exactly the old or exactly the new state, and the next writer goes on from there.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultError } from '../../src/errors.ts';
import {
  locateDirectory,
  repairDirectory,
  setAside,
  writeDirectoryAtomically,
  writeFileAtomically,
} from '../../src/storage/atomic.ts';
import { verifyDirectory } from '../../src/storage/checksums.ts';
import { type Disk, realDisk } from '../../src/storage/disk.ts';
import { linkOrCopyDirectory, markedBy, replaceDirectory } from '../../src/storage/replace.ts';
import { temporaryFolder } from '../data/temporary.ts';
import { type Call, Crash, FaultyDisk, orderBroken } from './faulty-disk.ts';

// In memory where there is such a place: nothing here needs a disk, and thousands of files are made.
const folder = temporaryFolder(existsSync('/dev/shm') ? '/dev/shm' : undefined);
let n = 0;

type State = 'old' | 'new';

/** What is tried: `read` says which state a reader finds, after checking that it is complete. */
interface Operation {
  readonly name: string;
  /** Makes the state before, and returns the path. */
  prepare(place: string): string;
  run(path: string, disk: Disk): void;
  read(path: string): string;
  repair(path: string, disk: Disk): void;
  /** Entries beside the path when all is well, in the old and in the new state. */
  readonly beside: Readonly<Record<State, readonly string[]>>;
  /** The state when it is done. */
  readonly after: State;
  /** True if an error leaves the old state with nothing beside it, at whichever call it comes. */
  readonly undoes: boolean;
}

/** Without fsync: what is prepared here is there. */
const fast: Disk = { ...realDisk, fsync() {} };
const files = (version: string) =>
  new Map([
    ['a.txt', `甲 ${version}`],
    ['b.txt', version],
  ]);

function stageIn(directory: string): string {
  if (!existsSync(directory)) return 'none';
  verifyDirectory(directory);
  const version = readFileSync(join(directory, 'b.txt'), 'utf8');
  assert.is(readFileSync(join(directory, 'a.txt'), 'utf8'), `甲 ${version}`);
  assert.equal(readdirSync(directory).sort(), ['SHA256SUMS', 'a.txt', 'b.txt']);
  return version;
}

const stage = {
  prepare(place: string): string {
    const path = join(place, 'stage');
    writeDirectoryAtomically(path, files('old'), fast);
    return path;
  },
  run: (path: string, disk: Disk) => writeDirectoryAtomically(path, files('new'), disk),
  read: (path: string) => stageIn(locateDirectory(path)),
  repair: (path: string, disk: Disk) => repairDirectory(path, undefined, disk),
  beside: { old: ['stage'], new: ['stage'] },
  after: 'new' as const,
  undoes: true,
};

/** A run with two stages; the marker is written last. */
function makeRun(directory: string, version: string, disk: Disk = fast): void {
  writeFileAtomically(join(directory, 'metrics.jsonl'), version, disk);
  writeFileAtomically(join(directory, 'run.json'), version, disk);
}
const runSwap = markedBy('run.json');
function runIn(directory: string): string {
  if (!existsSync(directory)) return 'none';
  const version = readFileSync(join(directory, 'run.json'), 'utf8');
  assert.is(readFileSync(join(directory, 'metrics.jsonl'), 'utf8'), version);
  assert.is(stageIn(join(directory, 'kept')), 'old');
  assert.is(existsSync(join(directory, 'other')), version === 'old');
  return version;
}
const run = {
  prepare(place: string): string {
    const path = join(place, 'run');
    for (const name of ['kept', 'other']) writeDirectoryAtomically(join(path, name), files('old'), fast);
    makeRun(path, 'old');
    return path;
  },
  run(path: string, disk: Disk): void {
    const make = (next: string) => {
      linkOrCopyDirectory(join(path, 'kept'), join(next, 'kept'), disk);
      makeRun(next, 'new', disk);
    };
    replaceDirectory(path, 'run.json', make, disk);
  },
  read: (path: string) => runIn(locateDirectory(path, runSwap)),
  repair: (path: string, disk: Disk) => repairDirectory(path, runSwap, disk),
  beside: { old: ['run'], new: ['run', 'run.old-1'] },
  after: 'new' as const,
  undoes: true,
};

const operations: Operation[] = [
  {
    name: 'a file is written for the first time',
    prepare: (place) => join(place, 'deep', 'er', 'file'),
    run: (path, disk) => writeFileAtomically(path, '甲乙丙', disk),
    read: (path) => (existsSync(path) ? readFileSync(path, 'utf8').replace('甲乙丙', 'new') : 'old'),
    repair() {},
    beside: { old: [], new: ['file'] },
    after: 'new',
    undoes: false,
  },
  {
    name: 'a file is replaced',
    prepare(place) {
      writeFileSync(join(place, 'file'), 'old');
      return join(place, 'file');
    },
    run: (path, disk) => writeFileAtomically(path, '甲乙丙', disk),
    read: (path) => readFileSync(path, 'utf8').replace('甲乙丙', 'new'),
    repair() {},
    beside: { old: ['file'], new: ['file'] },
    after: 'new',
    undoes: false,
  },
  {
    ...stage,
    name: 'a directory is written for the first time',
    prepare: (place) => join(place, 'stage'),
    read: (path) => stage.read(path).replace('none', 'old'),
    beside: { old: [], new: ['stage'] },
  },
  { ...stage, name: 'a directory is replaced' },
  {
    ...stage,
    name: 'a directory is replaced that was left between two renames',
    prepare(place) {
      const path = stage.prepare(place);
      writeDirectoryAtomically(`${path}x`, files('older'), fast);
      renameSync(path, `${path}.next`);
      renameSync(`${path}x`, `${path}.previous`);
      return path;
    },
    undoes: false, // what was beside it stays
  },
  {
    ...stage,
    name: 'a swap is undone whose successor is not complete',
    prepare(place) {
      const path = stage.prepare(place);
      renameSync(path, `${path}.previous`);
      mkdirSync(`${path}.next`);
      writeFileSync(`${path}.next/a.txt`, '甲');
      return path;
    },
    run: (path, disk) => repairDirectory(path, undefined, disk),
    after: 'old',
    undoes: false,
  },
  {
    ...stage,
    name: 'a swap is finished',
    prepare(place) {
      const path = stage.prepare(place);
      writeDirectoryAtomically(`${path}x`, files('older'), fast);
      renameSync(path, `${path}.next`);
      renameSync(`${path}x`, `${path}.previous`);
      return path;
    },
    run: (path, disk) => repairDirectory(path, undefined, disk),
    after: 'old',
    undoes: false,
  },
  {
    ...stage,
    name: 'a directory is set aside',
    run: (path, disk) => void setAside(path, path, disk),
    read(path) {
      const [here, aside] = [existsSync(path), existsSync(`${path}.old-1`)];
      assert.is(here, !aside);
      assert.is(stageIn(here ? path : `${path}.old-1`), 'old');
      return here ? 'old' : 'new';
    },
    beside: { old: ['stage'], new: ['stage.old-1'] },
    after: 'new',
    undoes: false,
  },
  { ...run, name: 'a run takes the place of another' },
  {
    ...run,
    name: 'a run takes the place of another, where hard links do not exist',
    run: (path, disk) => run.run(path, without(disk, 'link', noLinks)),
  },
  {
    ...run,
    name: 'the swap of a run is finished',
    prepare(place) {
      const path = run.prepare(place);
      renameSync(path, `${path}.previous`);
      linkOrCopyDirectory(`${path}.previous/kept`, `${path}.next/kept`, fast);
      makeRun(`${path}.next`, 'new');
      return path;
    },
    run: (path, disk) => repairDirectory(path, runSwap, disk),
    after: 'new',
    undoes: false,
  },
];

/** The disk with one of its calls replaced. */
function without<K extends keyof Disk>(disk: Disk, name: K, other: Disk[K]): Disk {
  return new Proxy(disk, {
    get: (target, key: keyof Disk) => (key === name ? other : target[key].bind(target)),
  });
}

function noLinks(): never {
  throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
}

/** The state before, in a place of its own, which is removed afterwards. */
function at<T>(operation: Operation, job: (path: string) => T): T {
  const place = join(folder, `place-${n++}`);
  mkdirSync(place);
  try {
    return job(operation.prepare(place));
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** Run it on a disk with a fault; returns the error, or null. */
function tried(operation: Operation, path: string, disk: FaultyDisk): unknown {
  try {
    operation.run(path, disk);
    return null;
  } catch (error) {
    return error;
  }
}

const beside = (path: string) => (existsSync(join(path, '..')) ? readdirSync(join(path, '..')).sort() : []);

/** The calls when nothing goes wrong; by the way, nothing unexpected is beside the path then. */
function callsOf(operation: Operation): readonly Call[] {
  return at(operation, (path) => {
    const disk = new FaultyDisk(folder);
    operation.run(path, disk);
    assert.is(operation.read(path), operation.after);
    assert.equal(beside(path), operation.beside[operation.read(path) as State]);
    return disk.calls;
  });
}

/** A reader finds one of the two states, and repair changes nothing that it sees and leaves nothing over. */
function isWhole(operation: Operation, path: string, where: string): State {
  const seen = operation.read(path);
  if (seen !== 'old' && seen !== 'new') assert.unreachable(`${where}: a reader sees ${seen}`);
  operation.repair(path, fast);
  assert.is(operation.read(path), seen, `${where}: repaired`);
  const left = beside(path).filter((name) => /\.(next|previous)$/.test(name));
  assert.equal(left, [], `${where}: left over`);
  return seen as State;
}

/** All that is beside the path, with its content. */
function picture(path: string): string {
  const place = join(path, '..');
  if (!existsSync(place)) return '';
  const entries = readdirSync(place, { recursive: true, withFileTypes: true });
  const lines = entries.map((entry) => {
    const file = join(entry.parentPath, entry.name);
    return `${file.slice(place.length)} ${entry.isFile() ? readFileSync(file, 'utf8') : '/'}`;
  });
  return lines.sort().join('\n');
}

for (const operation of operations) {
  let calls: readonly Call[] = [];
  const where = (k: number) => `call ${k}, ${calls[k]?.name} ${calls[k]?.path}`;

  test(`${operation.name}: what is needed is on the disk before it is needed`, () => {
    calls = callsOf(operation);
    assert.is(orderBroken(calls), null);
  });

  test(`${operation.name}: killed at any of its calls`, () => {
    const before = at(operation, operation.read);
    for (const k of calls.keys()) {
      const seen = at(operation, (path) => {
        const disk = new FaultyDisk(folder, { kind: 'crash', at: k });
        tried(operation, path, disk);
        assert.ok(disk.isDead);
        const state = operation.read(path) as State;
        // Whoever writes next, with or without looking first, succeeds.
        if (k % 2 === 0) assert.is(isWhole(operation, path, where(k)), state);
        operation.run(path, fast);
        isWhole(operation, path, where(k));
        return state;
      });
      if (k === 0) assert.is(seen, before);
    }
  });

  test(`${operation.name}: the power goes at any of its calls, with any number of names not yet on the disk`, () => {
    const tested = new Set<string>();
    for (const k of calls.keys()) {
      for (let lost = 0, most = 0; lost <= most; lost++) {
        at(operation, (path) => {
          const disk = new FaultyDisk(folder, { kind: 'crash', at: k });
          tried(operation, path, disk);
          most = disk.undecided;
          disk.powerCut(lost);
          const now = picture(path);
          if (!tested.has(now)) isWhole(operation, path, `${where(k)}, ${lost} names lost`);
          tested.add(now);
        });
        if (lost === 1) lost = Math.max(lost, most - 1); // one by one is what earlier calls have tried
      }
    }
  });

  const faults = [
    { code: 'ENOSPC', lasts: 'for what needs room' },
    { code: 'EIO', lasts: 'not' },
    { code: 'EIO', lasts: 'for all' },
  ] as const;
  test(`${operation.name}: an error at any of its calls is one sentence and leaves the old state`, () => {
    for (const { code, lasts } of faults) {
      for (const k of calls.keys()) {
        const place = `${code}, which lasts ${lasts}, at ${where(k)}`;
        at(operation, (path) => {
          const error = tried(operation, path, new FaultyDisk(folder, { kind: 'error', at: k, code, lasts }));
          // What is not told did not matter: the new state is in place, and only clearing up failed; or a link was copied.
          if (error === null) assert.is(operation.read(path), operation.after, place);
          else {
            assert.instance(error, FaultError, place);
            assert.match((error as Error).message, /^Cannot write [^\n]*: [^\n]+$/, place);
            if (operation.undoes && lasts !== 'for all') {
              assert.is(operation.read(path), 'old', place);
              assert.equal(beside(path), operation.beside.old, place);
            }
          }
          isWhole(operation, path, place);
        });
      }
    }
  });
}

test('control: a disk that forgets finds what is not forced to it, and the order of it', () => {
  const careless: Operation = {
    ...stage,
    name: 'a directory is replaced without fsync',
    run: (path, disk) =>
      writeDirectoryAtomically(
        path,
        files('new'),
        without(disk, 'fsync', () => {}),
      ),
  };
  assert.match(orderBroken(callsOf(careless)) ?? '', /is renamed, but .*stage\.next.* is not on the disk/);
  const calls = callsOf(careless);
  assert.throws(() => {
    for (const k of calls.keys())
      at(careless, (path) => {
        const disk = new FaultyDisk(folder, { kind: 'crash', at: k });
        tried(careless, path, disk);
        disk.powerCut(0);
        isWhole(careless, path, 'careless');
      });
  });
});

for (const operation of operations.filter(({ undoes }) => undoes)) {
  test(`${operation.name}: killed, and the repair is killed as well`, () => {
    const tested = new Set<string>();
    for (const k of callsOf(operation).keys()) {
      for (let j = 0, more = true; more; j++) {
        at(operation, (path) => {
          tried(operation, path, new FaultyDisk(folder, { kind: 'crash', at: k }));
          const now = `${picture(path)}\n${j}`;
          more = !tested.has(now);
          tested.add(now);
          if (!more) return;
          const seen = operation.read(path);
          const disk = new FaultyDisk(folder, { kind: 'crash', at: j });
          try {
            operation.repair(path, disk);
          } catch (error) {
            assert.instance(error, Crash);
          }
          more = disk.isDead;
          assert.is(operation.read(path), seen, `killed at ${k}, repair killed at ${j}`);
          isWhole(operation, path, `killed at ${k}, repair killed at ${j}`);
        });
      }
    }
  });
}

test.run();
