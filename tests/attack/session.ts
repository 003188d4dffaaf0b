/**
 * A command as a user starts it, in a process group of its own, watched for time and memory.
 *
 *   node   node --import tsx src/train.ts                   one process
 *   tsx    node_modules/.bin/tsx src/train.ts               tsx > supervisor > trainer
 *   npx    npx tsx src/train.ts                             npm > sh > tsx > supervisor > trainer
 *
 * A signal goes to the trainer (the innermost node), to the process that was started, or to the whole group, as a terminal
 * does it. Linux only: processes are found in /proc.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export const ways = ['node', 'tsx', 'npx'] as const;
export type Way = (typeof ways)[number];

export const targets = ['trainer', 'supervisor', 'parent', 'group'] as const;
export type Target = (typeof targets)[number];

/** Watchdog: nothing here needs a tenth of either. */
const LIMIT_MS = 300_000;
const LIMIT_BYTES = 3 * 2 ** 30;
const WATCH_MS = 500;
const PAGE = 4096;

export interface Ended {
  /** Of the process that was started; the trainer below it may have ended otherwise. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why the watchdog ended it; null if it ended by itself or by a signal of the attack. */
  readonly watchdog: string | null;
}

const alive = new Set<Session>();

export class Session {
  /** To be typed by a person. */
  readonly words: string;
  /** The process that was started has ended. */
  readonly exited: Promise<void>;
  /** All that write to its pipes have ended. */
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;
  private stdout = '';
  private stderr = '';
  private hasExited = false;
  private watchdog: string | null = null;

  constructor(
    way: Way,
    script: string,
    args: readonly string[],
    { fileBlocks = 0, limitMs = LIMIT_MS } = {},
  ) {
    const [file, before] = starters[way];
    const limited = fileBlocks > 0;
    const limit = limited ? ['sh', '-c', `ulimit -f ${fileBlocks} && exec "$0" "$@"`] : [];
    const [first, ...rest] = [...limit, file, ...before, script, ...args] as [string, ...string[]];
    const shown = [way === 'node' ? 'node' : file, ...before, script, ...args].join(' ');
    this.words = limited ? `(ulimit -f ${fileBlocks}; ${shown})` : shown;
    this.child = spawn(first, rest, {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, npm_config_update_notifier: 'false' },
    });
    alive.add(this);
    const { stdout, stderr } = this.child as { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream };
    stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.exited = new Promise((resolve) => {
      this.child.once('exit', () => {
        this.hasExited = true;
        resolve();
      });
    });
    const watch = this.watch(limitMs);
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        clearInterval(watch);
        alive.delete(this);
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr, watchdog: this.watchdog });
      });
    });
  }

  /** What it has written to standard error up to now. */
  get said(): string {
    return this.stderr;
  }

  get isOver(): boolean {
    return this.hasExited && this.members().length === 0;
  }

  /** The innermost process, which does the work; null before it is there and after it has ended. */
  trainer(): number | null {
    return this.workers().at(-1) ?? null;
  }

  /** False if there was nobody left to receive it. */
  send(signal: NodeJS.Signals, target: Target): boolean {
    const { group } = this;
    const pid = {
      ...{ trainer: this.trainer(), supervisor: this.workers()[0] ?? null },
      ...{ parent: group, group: -group },
    }[target];
    if (pid === null || (target === 'parent' && this.hasExited)) return false;
    try {
      return process.kill(pid, signal);
    } catch {
      return false; // it ended a moment ago
    }
  }

  /** The reader of its standard error goes away, as `| head` does. */
  closeErrors(): void {
    this.child.stderr?.destroy();
  }

  /** End whatever is left of it, and wait until it is gone. */
  async end(): Promise<Ended> {
    if (!this.isOver) this.send('SIGKILL', 'group');
    return this.ended;
  }

  private get group(): number {
    if (this.child.pid === undefined) throw new Error(`${this.words} could not be started`);
    return this.child.pid;
  }

  private members(): Process[] {
    return this.child.pid === undefined ? [] : processesOf(this.child.pid);
  }

  /** The processes that run the script, from the outside inward: the supervisor, if there is one, and the trainer. */
  private workers(): number[] {
    const script = /(^|\/)src\/\w+\.ts$/;
    return this.members()
      .filter(({ words }) => words.includes('--import') && words.some((word) => script.test(word)))
      .sort((a, b) => (a.parent === b.pid ? 1 : b.parent === a.pid ? -1 : a.pid - b.pid))
      .map(({ pid }) => pid);
  }

  private watch(limitMs: number): NodeJS.Timeout {
    const began = Date.now();
    const timer = setInterval(() => {
      const bytes = this.members().reduce((sum, { pid }) => sum + memoryOf(pid), 0);
      if (Date.now() - began > limitMs) this.watchdog = `it still ran after ${limitMs / 1000} s`;
      if (bytes > LIMIT_BYTES) this.watchdog = `it took ${(bytes / 2 ** 30).toFixed(1)} GiB of memory`;
      if (this.watchdog !== null) this.send('SIGKILL', 'group');
    }, WATCH_MS);
    timer.unref();
    return timer;
  }
}

const starters: Readonly<Record<Way, readonly [file: string, before: readonly string[]]>> = {
  node: [process.execPath, ['--import', 'tsx']],
  tsx: ['node_modules/.bin/tsx', []],
  npx: ['npx', ['tsx']],
};

/** At the end of the attack, however it ends: nothing that it started goes on. */
export function endAll(): void {
  for (const session of alive) session.send('SIGKILL', 'group');
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly words: readonly string[];
}

/** Living processes of a group. */
function processesOf(group: number): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // pid (name) state parent group ...; the name may hold blanks and brackets
      const [state, parent, itsGroup] = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      if (Number(itsGroup) !== group || state === 'Z') return [];
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return [{ pid: Number(name), parent: Number(parent), words }];
    } catch {
      return []; // it has ended since
    }
  });
}

function memoryOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE;
  } catch {
    return 0;
  }
}
