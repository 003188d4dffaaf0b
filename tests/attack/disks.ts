/**
 * Disks: one that fills up in the middle of a run, or has no room for another file, or forbids long files, or becomes
 * read-only; then there is room again, and the run goes on to the same bits. And places where no run can be kept: one
 * sentence, before any work.
 *
 * Small disks are tmpfs and need root; without it only the limits of the shell (`ulimit -f`) and the forbidden places are
 * tried.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { damages, differences } from './same-run.ts';
import { type Ended, Session } from './session.ts';
import { sleep, undisturbed } from './strike.ts';
import { notARefusal, type Trial } from './trial.ts';
import { type Baselines, variants } from './world.ts';

interface Tally {
  fullDisks: number;
  forbidden: number;
}

export async function disksTrial(trial: Trial, baselines: Baselines, tally: Tally): Promise<void> {
  if (trial.chance(0.3)) return forbiddenPlace(trial, baselines, tally);
  const kind = canMount() ? trial.random.pick(['bytes', 'files', 'read-only', 'limit'] as const) : 'limit';
  return kind === 'limit' ? longFile(trial, baselines, tally) : smallDisk(trial, baselines, tally, kind);
}

/** A run on a disk that is too small; then it is made larger. */
async function smallDisk(
  trial: Trial,
  baselines: Baselines,
  tally: Tally,
  kind: 'bytes' | 'files' | 'read-only',
): Promise<void> {
  const variant = trial.random.pick(variants);
  const { out: expected, seconds } = await baselines.of(variant);
  const disk = join(trial.folder, 'disk');
  mkdirSync(disk);
  const room = kind === 'bytes' ? `size=${100 + trial.random.int(9000)}k` : 'size=256m';
  const names = kind === 'files' ? `nr_inodes=${3 + trial.random.int(110)}` : 'nr_inodes=10k';
  trial.tell(`${variant.name}, tmpfs of ${room}, ${names}, ${kind}`);
  mount(disk, ['-t', 'tmpfs', '-o', `${room},${names}`, 'tmpfs']);
  try {
    const out = join(disk, 'run');
    const session = new Session('node', 'src/train.ts', [...baselines.flagsOf(variant), '--out', out]);
    if (kind === 'read-only') {
      await Promise.race([session.ended, sleep(trial.below(seconds * 1000))]);
      await becomeReadOnly(disk, session);
    }
    const ended = await undisturbed(trial, session);
    if (ended.code !== 0) {
      tally.fullDisks++;
      judgeFull(trial, ended, kind === 'read-only' ? /read-only/ : /disk is full/);
    }
    mount(disk, ['-o', 'remount,rw,size=256m,nr_inodes=10k']);
    trial.expect('damaged', damages(out));
    await finish(trial, baselines.flagsOf(variant), out, expected);
  } finally {
    unmount(disk);
  }
}

/** The limit of the shell on the length of a file. */
async function longFile(trial: Trial, baselines: Baselines, tally: Tally): Promise<void> {
  const variant = trial.random.pick(variants);
  const { out: expected } = await baselines.of(variant);
  const out = join(trial.folder, 'run');
  const flags = baselines.flagsOf(variant);
  const fileBlocks = 1 + trial.random.int(2500);
  const session = new Session('node', 'src/train.ts', [...flags, '--out', out], { fileBlocks });
  const ended = await undisturbed(trial, session);
  if (ended.code !== 0) {
    tally.fullDisks++;
    judgeFull(trial, ended, /too large|larger than|file size/);
  }
  trial.expect('damaged', damages(out));
  await finish(trial, flags, out, expected);
}

function judgeFull(trial: Trial, { code, signal, stderr }: Ended, words: RegExp): void {
  const errors = stderr.split('\n').filter((line) => line.startsWith('error: '));
  if ((code !== 1 && code !== 2) || errors.length !== 1 || !words.test(errors[0] ?? '')) {
    const said = errors.join(' / ') || 'no sentence';
    trial.fault(`a disk that cannot be written to: exit ${code ?? signal}, ${said} (expected: ${words})`);
  }
}

/** There is room again: the run goes on, to the same bits. */
async function finish(trial: Trial, flags: readonly string[], out: string, expected: string): Promise<void> {
  const args = existsSync(join(out, 'run.json'))
    ? ['--resume', '--threads', '1', '--out', out]
    : [...flags, '--out', out];
  const session = new Session('node', 'src/train.ts', args);
  const ended = await undisturbed(trial, session);
  if (ended.code !== 0) trial.fault(`${session.words}: exit ${ended.code} although there was room again`);
  else trial.expect('not the run that nobody disturbed', differences(out, expected));
}

/** --out where nothing can be written. */
async function forbiddenPlace(trial: Trial, baselines: Baselines, tally: Tally): Promise<void> {
  const { folder } = trial;
  const places: Record<string, () => string> = {
    'a file': () => {
      writeFileSync(join(folder, 'file'), '');
      return join(folder, 'file');
    },
    'below a file': () => {
      writeFileSync(join(folder, 'file'), '');
      return join(folder, 'file', 'run');
    },
    'a link in a circle': () => {
      symlinkSync('circle', join(folder, 'circle'));
      return join(folder, 'circle');
    },
    'below a link in a circle': () => {
      symlinkSync('circle', join(folder, 'circle'));
      return join(folder, 'circle', 'run');
    },
    'a link to nowhere below a file': () => {
      writeFileSync(join(folder, 'file'), '');
      symlinkSync('file/run', join(folder, 'link'));
      return join(folder, 'link');
    },
    'a name that is too long': () => join(folder, 'n'.repeat(256 + trial.random.int(100))),
    'a name that leaves no room for .next': () => join(folder, 'n'.repeat(249 + trial.random.int(7))),
    'a path that is too long': () => join(folder, ...Array.from({ length: 30 }, () => 'n'.repeat(200))),
    '/proc': () => '/proc/run',
    '/dev/full': () => '/dev/full',
    'below /dev/null': () => '/dev/null/run',
    '/sys': () => '/sys/run',
  };
  if (canMount()) {
    places['a read-only disk'] = () => {
      mkdirSync(join(folder, 'disk'));
      mount(join(folder, 'disk'), ['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs']);
      return join(folder, 'disk', 'run');
    };
  }
  const name = trial.random.pick(Object.keys(places));
  const out = places[name]?.() ?? folder;
  try {
    const session = new Session('node', 'src/train.ts', [...baselines.flagsOf(variants[0]), '--out', out]);
    const ended = await undisturbed(trial, session);
    tally.forbidden++;
    const wrong = notARefusal(ended, /./);
    if (wrong !== null) trial.fault(`--out is ${name}: ${wrong}`);
    if (/done in/.test(ended.stderr)) trial.fault(`--out is ${name}: refused after work was done`);
  } finally {
    unmount(join(folder, 'disk'));
  }
}

let mounts: boolean | null = null;

/** Small disks can be made here; said once where they cannot. */
function canMount(): boolean {
  if (mounts === null) {
    mounts =
      process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('mount', ['-V']).status === 0;
    if (!mounts) process.stderr.write('disks: no right to mount a tmpfs here; only `ulimit -f` is tried\n');
  }
  return mounts;
}

const mounted = new Set<string>();

function mount(disk: string, args: readonly string[]): boolean {
  mounted.add(disk);
  return spawnSync('mount', [...args, disk]).status === 0;
}

function unmount(disk: string): void {
  if (mounted.delete(disk)) spawnSync('umount', ['--lazy', disk]);
}
process.on('exit', () => {
  for (const disk of mounted) unmount(disk);
});

/** Refused by the system while a file is open for writing: tried until it is granted. */
async function becomeReadOnly(disk: string, session: Session): Promise<void> {
  while (!session.isOver && !mount(disk, ['-o', 'remount,ro'])) await sleep(1);
}
