/** The commands as a user starts them: `node --import tsx src/NAME.ts ...` in a process of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT_MS = 60_000;

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}
type Name = 'train' | 'chat' | 'evaluate' | 'report' | 'diagnose';

export function start(
  name: Name,
  args: readonly string[],
  { input = '', preload = [] as string[] } = {},
): Started {
  const imports = ['tsx', ...preload].flatMap((module) => ['--import', module]);
  // Several tests run at once: one thread each, or they would wait for each other's.
  const threads = name === 'diagnose' ? [] : ['--threads', '1'];
  const child = spawn(process.execPath, [...imports, `src/${name}.ts`, ...threads, ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const out = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    out.stderr += text;
  });
  child.stdin.on('error', () => {}); // a command that fails before it reads
  child.stdin.end(input);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...out }));
  });
  return { child, finished };
}

export const command = (name: Name, args: readonly string[], input?: string): Promise<Finished> =>
  start(name, args, input === undefined ? {} : { input }).finished;

/** Exit code, exactly one line that begins with `error: ` and says each of `parts`, no stack, nothing on stdout. */
export function isRefused({ code, stdout, stderr }: Finished, exitCode: number, ...parts: string[]): void {
  const errors = stderr.split('\n').filter((line) => line.startsWith('error: '));
  assert.is(errors.length, 1, `expected one error line, got:\n${stderr}`);
  assert.not.match(stderr, /^\s+at |node:internal|Error:/m);
  for (const part of parts) assert.ok(errors[0]!.includes(part), `"${errors[0]}" does not say "${part}"`);
  assert.is(code, exitCode, stderr);
  assert.is(stdout, '');
}

/** Run the jobs, `width` at a time. */
export async function eachOf<T>(
  items: readonly T[],
  width: number,
  job: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await job(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
