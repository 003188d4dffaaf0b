/**
 * npx tsx tests/attack/readers.ts [--count N] [--seed S] [--seconds S]: mutated files in front of every reader. Not a part of
 * npm test.
 *
 * Each file is read or refused with one sentence; anything else is a fault: another error, a process that hangs or dies, memory
 * beyond a limit, a sentence that moves the cursor, a file with a checksum that reads as something else. A child process makes
 * the tries (readers/child.ts), this one watches it, and starts another where it has to end it. The last line counts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/cli/command.ts';
import type { FlagTable } from '../../src/cli/flags.ts';
import type { Line } from './readers/child.ts';

/** A try may take this long, also on a busy machine, and the child until it has made its samples. */
const [TRY_MS, START_MS] = [60_000, 600_000];
const HEAP_MB = 1000;
/** Faults that are printed in full; the others are counted. */
const SHOWN = 40;

const flags = {
  count: { type: 'number', whole: true, min: 1, help: 'how many files', default: '50000' },
  seed: {
    type: 'number',
    whole: true,
    min: 0,
    help: 'of the first file; the next ones count up',
    default: '1',
  },
  seconds: { type: 'number', whole: true, min: 1, help: 'at most this long' },
} as const satisfies FlagTable;

let child: ChildProcess | null = null;
process.on('exit', () => child?.kill('SIGKILL'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

await runCommand({
  usage: 'npx tsx tests/attack/readers.ts [flags]    put mutated files before every reader',
  flags,
  async run({ count = 50_000, seed = 1, seconds = Infinity }) {
    const folder = mkdtempSync(join(tmpdir(), 'tiny-llm-readers-'));
    const until = performance.now() + 1000 * seconds;
    const tally = { read: 0, refused: 0, fault: 0 };
    const seen = new Map<string, number>();
    const fault = (line: { readonly seed: number; readonly what: string }, why: string) => {
      tally.fault++;
      const kind = `${line.what.replace(/ \(.*/, '')}: ${why.replaceAll(/\d+|'[^']*'|"[^"]*"/g, '#')}`;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
      if (seen.get(kind) !== 1 || seen.size > SHOWN) return;
      process.stdout.write(
        `FAULT in ${line.what}: ${why}\n  again: npx tsx tests/attack/readers.ts --count 1 --seed ${line.seed}\n`,
      );
    };
    for (let next = seed; next < seed + count && performance.now() < until; ) {
      const work = join(folder, `from-${next}`);
      mkdirSync(work);
      next = await watch(work, { next, end: seed + count, until }, tally, fault);
      if (tally.fault === 0) rmSync(work, { recursive: true, force: true });
    }
    const tried = tally.read + tally.refused + tally.fault;
    for (const [kind, times] of seen) if (times > 1) process.stdout.write(`${times} times: ${kind}\n`);
    process.stdout.write(
      `${tally.read.toLocaleString('en')} read, ${tally.refused.toLocaleString('en')} refused with a sentence\n`,
    );
    if (tally.fault > 0) process.stdout.write(`The files with faults are in ${folder}/*/kept\n`);
    else rmSync(folder, { recursive: true, force: true });
    process.stdout.write(
      `${tried.toLocaleString('en')} mutated files, ${tally.fault.toLocaleString('en')} faults\n`,
    );
    return tally.fault === 0 ? 0 : 1;
  },
});

interface Range {
  readonly next: number;
  readonly end: number;
  readonly until: number;
}

/** One child, as long as it lives. Returns the seed to go on with. */
async function watch(
  folder: string,
  { next: first, end, until }: Range,
  tally: { read: number; refused: number; fault: number },
  fault: (line: { readonly seed: number; readonly what: string }, why: string) => void,
): Promise<number> {
  const script = fileURLToPath(new URL('readers/child.ts', import.meta.url));
  const started = spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, '--import', 'tsx', script, folder, `${first}`, `${end - first}`],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  child = started;
  let next = first;
  let current: Extract<Line, { at: 'start' }> | null = null;
  let isReady = false;
  let isLate = false;
  let stderr = '';
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = `${stderr}${text}`.slice(0, 2000);
  });
  let timer: NodeJS.Timeout | undefined;
  const wind = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      isLate = true;
      started.kill('SIGKILL');
    }, ms);
  };
  wind(START_MS);
  for await (const text of createInterface(started.stdout)) {
    const line = JSON.parse(text) as Line;
    wind(TRY_MS);
    if (line.at === 'ready') isReady = true;
    else if (line.at === 'start') current = line;
    else {
      if (line.outcome === 'fault') fault(current ?? { seed: line.seed, what: '' }, line.why);
      else tally[line.outcome]++;
      current = null;
      next = line.seed + 1;
      if (next % 5000 === 0) process.stderr.write(`file ${next}: faults ${tally.fault}\n`);
      if (performance.now() > until) started.kill('SIGKILL');
    }
  }
  clearTimeout(timer);
  if (!isReady) throw new Error(`The samples could not be made or read:\n${stderr}`);
  if (current !== null && performance.now() < until) {
    const { seed, path } = current;
    mkdirSync(join(folder, 'kept'), { recursive: true });
    copyFileSync(path, join(folder, 'kept', `${seed}-${basename(path)}`));
    const reason = stderr.replaceAll(/\s+/g, ' ').slice(0, 200);
    fault(current, isLate ? `no answer within ${TRY_MS / 1000} seconds` : `the process died: ${reason}`);
    next = seed + 1;
  }
  return next;
}
