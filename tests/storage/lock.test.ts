import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, join, relative } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lockDirectory } from '../../src/storage/lock.ts';
import { refuses, temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();
let n = 0;
/** A directory in a folder of its own. */
function fresh(): string {
  const path = join(folder, `place-${n++}`, 'run');
  mkdirSync(path, { recursive: true });
  return path;
}
const beside = (path: string) => readdirSync(join(path, '..')).sort();
const isLinux = process.platform === 'linux';

/** A number that no process has: one that has just ended. */
const { pid: deadPid } = spawnSync(process.execPath, ['-e', '']);
const dead = {
  ...{ id: '0123456789abcdef', pid: deadPid, host: hostname(), started: '2026-01-02T03:04:05.678Z' },
  ...{ command: null, birth: null, boot: null, space: null },
};
const plant = (path: string, holder: unknown) =>
  writeFileSync(path, typeof holder === 'string' ? holder : JSON.stringify(holder));
const age = (path: string, seconds: number) => utimesSync(path, 0, Date.now() / 1000 - seconds);

test('the lock stands beside the directory, says who, and goes with its release', () => {
  const path = fresh();
  const lock = lockDirectory(path, { command: 'npx tsx src/train.ts --out run' });
  assert.equal(beside(path), ['run', 'run.lock']);
  const holder = JSON.parse(readFileSync(`${path}.lock`, 'utf8')) as typeof dead;
  assert.is(holder.pid, process.pid);
  assert.is(holder.host, hostname());
  assert.is(holder.command, 'npx tsx src/train.ts --out run');
  assert.ok(Math.abs(Date.parse(holder.started) - Date.now()) < 60_000);
  lock.release();
  assert.equal(beside(path), ['run']);
  lock.release(); // a second time does nothing
  const other = lockDirectory(path);
  lock.release(); // and never takes away the lock of another
  assert.equal(beside(path), ['run', 'run.lock']);
  other.release();
});

test('every way to write a path leads to the same lock', () => {
  const path = fresh();
  const link = join(path, '..', 'link');
  symlinkSync(path, link);
  const ways = [
    path,
    `${path}/`,
    `${path}//`,
    link,
    `${link}/`,
    join(path, '..', '.', 'run'),
    relative('.', path),
  ];
  const before = process.cwd();
  const inside = () => {
    process.chdir(path);
    try {
      return lockDirectory('.');
    } finally {
      process.chdir(before);
    }
  };
  for (const one of [...ways.map((way) => () => lockDirectory(way)), inside]) {
    const lock = one();
    for (const way of ways) refuses(() => lockDirectory(way), 'this very process');
    refuses(inside, 'this very process');
    lock.release();
  }
  assert.equal(beside(path), ['link', 'run']);
});

test('a directory that does not exist yet; folders made for the lock go with it if nothing else came', () => {
  const path = join(folder, 'not', 'there', 'yet');
  const lock = lockDirectory(path);
  assert.equal(readdirSync(join(path, '..')), ['yet.lock']);
  lock.release();
  assert.not(existsSync(join(folder, 'not')));
  const used = lockDirectory(path);
  mkdirSync(path);
  used.release();
  assert.equal(beside(path), ['yet']);
});

test('a living process is named: who, since when, and what to do', () => {
  const path = fresh();
  const alive = { ...dead, pid: process.ppid, command: 'npx tsx src/train.ts\n\u001b[2J' };
  plant(`${path}.lock`, alive);
  refuses(
    () => lockDirectory(path),
    ...[path, `process ${process.ppid} (npx tsx src/train.ts`, 'since 2026-01-02T03:04:05Z', 'wait'],
    ...[`"kill ${process.ppid}"`, 'another --out'],
  );
  assert.equal(beside(path), ['run', 'run.lock']); // nothing of the one that was refused
  assert.equal(JSON.parse(readFileSync(`${path}.lock`, 'utf8')), alive);
});

test('another machine, or another container of this one, is never taken for dead', () => {
  const path = fresh();
  plant(`${path}.lock`, { ...dead, host: 'somewhere-else' });
  refuses(() => lockDirectory(path), 'of somewhere-else', `delete ${path}.lock`);
  if (!isLinux) return;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  plant(`${path}.lock`, { ...dead, boot, space: 'pid:[1]' });
  refuses(() => lockDirectory(path), 'another container', `delete ${path}.lock`);
  // The same boot and the same processes: the machine may have changed its name since.
  plant(`${path}.lock`, { ...dead, boot, space: readlinkSync('/proc/self/ns/pid'), host: 'renamed' });
  lockDirectory(path).release();
});

/** Locks that nobody holds any more. */
const stale: Record<string, (file: string) => void> = {
  'its process is gone': (file) => plant(file, dead),
  'its number went to another process': (file) => plant(file, { ...dead, pid: process.ppid, birth: '1' }),
  'the machine was started anew': (file) =>
    plant(file, { ...dead, pid: process.ppid, boot: 'an earlier one' }),
  'it is cut off and old': (file) => {
    plant(file, JSON.stringify(dead).slice(0, 30));
    age(file, 61);
  },
  'it is empty and old': (file) => {
    plant(file, '');
    age(file, 61);
  },
  'it is of another kind and old': (file) => {
    plant(file, { ...dead, pid: -1 });
    age(file, 61);
  },
  'who took it over died as well': (file) => {
    plant(file, dead);
    plant(`${file}.after-${dead.id}`, { ...dead, id: 'fedcba9876543210' });
    plant(`${file}.after-fedcba9876543210`, { ...dead, id: '00000000deadbeef' });
  },
};

for (const [state, make] of Object.entries(stale)) {
  if (!isLinux && /another process|anew/.test(state)) continue;
  test(`taken over when ${state}; nothing of it is left`, () => {
    const path = fresh();
    make(`${path}.lock`);
    const lock = lockDirectory(path);
    assert.equal(beside(path), ['run', 'run.lock']);
    assert.is((JSON.parse(readFileSync(`${path}.lock`, 'utf8')) as { pid: number }).pid, process.pid);
    lock.release();
    assert.equal(beside(path), ['run']);
  });
}

test('who lives and took over a dead lock holds it, though its own is not in place yet', () => {
  const path = fresh();
  plant(`${path}.lock`, dead);
  plant(`${path}.lock.after-${dead.id}`, { ...dead, id: 'fedcba9876543210', pid: process.ppid });
  refuses(() => lockDirectory(path), `process ${process.ppid}`);
});

test('a lock that is just being written is waited for, not taken', () => {
  const path = fresh();
  plant(`${path}.lock`, '{"id":');
  refuses(() => lockDirectory(path), `${path}.lock is damaged`, 'in a minute');
  assert.is(readFileSync(`${path}.lock`, 'utf8'), '{"id":');
});

test('what was left by processes killed while they took the lock is cleared away, other files are not', () => {
  const path = fresh();
  const left = [`${path}.lock.${process.pid}-00000000deadbeef`, `${path}.lock.after-00000000deadbeef`];
  for (const file of [...left, `${path}.lock.txt`]) plant(file, '{}');
  for (const file of [...left, `${path}.lock.txt`]) age(file, 61);
  plant(`${path}.lock.${process.pid}-00000000deadbee0`, '{}'); // of one that is still at it
  lockDirectory(path).release();
  assert.equal(beside(path), ['run', `run.lock.${process.pid}-00000000deadbee0`, 'run.lock.txt']);
});

test('something else in the place of the lock', () => {
  const path = fresh();
  mkdirSync(`${path}.lock`);
  refuses(() => lockDirectory(path), `${path}.lock is in the way`);
  const other = fresh();
  symlinkSync('/dev/zero', `${other}.lock`);
  refuses(() => lockDirectory(other), `${other}.lock is in the way`);
});

test('where nothing can be made it says so', () => {
  const file = join(fresh(), 'file');
  writeFileSync(file, '');
  refuses(() => lockDirectory(join(file, 'x', 'y')), 'a part of its path is not a directory');
  if (isLinux)
    refuses(() => lockDirectory('/proc/x/y'), 'Cannot write /proc/x/y.lock: there is no such file');
});

// Several processes.

const workers: ChildProcess[] = [];
process.on('exit', () => {
  for (const worker of workers) worker.kill('SIGKILL');
});
async function worker(): Promise<ChildProcess> {
  const child = fork(new URL('lock-worker.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });
  workers.push(child);
  await once(child, 'message');
  return child;
}
async function tell(child: ChildProcess, order: string, path: string, at = 0): Promise<string> {
  const answer = once(child, 'message');
  child.send({ order, path, at });
  return String((await answer)[0]);
}

test('many at once: exactly one gets the lock, whether it is free, or dead, or an heir died too', async () => {
  const all = await Promise.all(Array.from({ length: 3 }, worker));
  for (let round = 0; round < 45; round++) {
    const path = fresh();
    const file = `${path}.lock`;
    if (round % 3 > 0) plant(file, dead);
    if (round % 3 > 1) plant(`${file}.after-${dead.id}`, { ...dead, id: 'fedcba9876543210' });
    const at = Date.now() + 5;
    const answers = await Promise.all(all.map((child) => tell(child, 'lock', path, at)));
    const winners = all.filter((_, i) => answers[i] === 'locked');
    assert.is(winners.length, 1, `round ${round}: ${answers.join('\n')}`);
    for (const answer of answers)
      assert.match(answer, /^locked$|is being written by process \d+ \(train\), since/);
    assert.equal(beside(path), ['run', 'run.lock'], `round ${round}`);
    await Promise.all(all.map((child) => tell(child, 'release', path)));
    assert.equal(beside(path), ['run']);
  }
  // A process that ends gives its lock back; one that is killed leaves it behind, for the next to take over.
  const [polite, killed] = [fresh(), fresh()];
  const [a, b] = all as [ChildProcess, ChildProcess];
  assert.is(await tell(a, 'lock', polite), 'locked');
  assert.is(await tell(b, 'lock', killed), 'locked');
  refuses(() => lockDirectory(killed), `process ${b.pid} (train)`);
  a.send({ order: 'end', path: '', at: 0 });
  b.kill('SIGKILL');
  await Promise.all([a, b].map((child) => once(child, 'exit')));
  assert.equal(beside(polite), ['run']);
  assert.equal(beside(killed), ['run', 'run.lock']);
  lockDirectory(killed).release();
  assert.equal(beside(killed), [basename(killed)]);
  for (const child of all) child.kill('SIGKILL');
});

test('what a process that was killed in the middle of taking the lock left is swept away; of a living one it stays', () => {
  const path = fresh();
  const lock = lockDirectory(path);
  const here = JSON.parse(readFileSync(`${path}.lock`, 'utf8')) as typeof dead;
  lock.release();
  plant(`${path}.lock.${deadPid}-${dead.id}`, { ...here, id: dead.id, pid: deadPid });
  plant(`${path}.lock.${deadPid}-0000000000000000`, ''); // came no further than its name
  plant(`${path}.lock.${process.pid}-fedcba9876543210`, { ...here, id: 'fedcba9876543210' });
  plant(`${path}.lock.${process.pid}-1111111111111111`, '');
  lockDirectory(path).release();
  const living = ['1111111111111111', 'fedcba9876543210'].map((id) => `run.lock.${process.pid}-${id}`);
  assert.equal(beside(path), ['run', ...living]);
});

test.run();
