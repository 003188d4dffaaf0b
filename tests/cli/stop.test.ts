/** Signals to a command: the exit code, what is said, one key press that arrives twice, and a second one. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exitCodeOf, isSecondPress } from '../../src/cli/stop.ts';

const script = fileURLToPath(new URL('stopping.ts', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Resolves when the command waits for signals. */
async function ready(child: ChildProcess): Promise<{ ended: Promise<Ended> }> {
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000);
  // Not the event "close": it does not come where the channel between the two was closed from here.
  const silent = once(child.stderr!, 'end');
  const ended = once(child, 'exit').then(async () => {
    clearTimeout(limit);
    await silent;
    return { code: child.exitCode, signal: child.signalCode, stderr };
  });
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return { ended };
}

const start = (...flags: string[]) =>
  spawn(process.execPath, ['--import', 'tsx', script, ...flags], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('each signal: said at once, the advice at the end, its exit code', async () => {
  const cases = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const;
  await Promise.all(
    cases.map(async ([signal, expected]) => {
      const child = start();
      const { ended } = await ready(child);
      child.kill(signal);
      const { code, stderr } = await ended;
      assert.is(code, expected);
      assert.is(exitCodeOf(signal), expected);
      assert.is(stderr, '\nStopping; a second Ctrl-C stops at once.\nStopped. Type this.\n');
    }),
  );
});

test('deaf work: the same press twice is one press; a second one ends the process at once', async () => {
  const child = start('--deaf', '--quiet');
  const { ended } = await ready(child);
  child.kill('SIGINT');
  await pause(50);
  child.kill('SIGINT'); // the same one, passed on by npx
  await pause(200);
  assert.is(child.exitCode, null);
  child.kill('SIGTERM'); // a second signal is no second press
  await pause(900);
  assert.is(child.exitCode, null);
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  assert.equal([code, stderr], [130, '']);
});

test('a second press: Ctrl-C, and later than the first', () => {
  assert.equal(
    [isSecondPress('SIGINT', 2000), isSecondPress('SIGINT', 30), isSecondPress('SIGTERM', 2000)],
    [true, false, false],
  );
});

test('the process above ends: as SIGTERM, though nothing is said', async () => {
  const child = fork(script, ['--quiet'], {
    ...{ cwd: root, execArgv: ['--import', 'tsx'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  });
  const { ended } = await ready(child);
  child.disconnect();
  assert.is((await ended).code, 143);
});

test('it ends before the child has begun to listen: noticed all the same', async () => {
  const child = fork(script, ['--quiet'], {
    ...{ cwd: root, execArgv: ['--import', 'tsx'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  });
  child.disconnect();
  const { ended } = await ready(child);
  assert.is((await ended).code, 143);
});

test.run();
