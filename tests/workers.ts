/**
 * Test files shared out over worker processes (run-files.ts), none of which can hold up the rest: a test that does not end is
 * reported by name and its process killed, a process that dies is reported, and in both cases a new one takes the next file.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FileResult, Sign } from './run-files.ts';

export interface WorkOptions {
  /** Seconds that one test may take; not a measure of speed, only of hanging. */
  readonly limit: number;
  /** The same for the loading of a file (default: `limit`). */
  readonly loading?: number;
  readonly workers: number;
  readonly report: (result: FileResult) => void;
}

/** Run these files (paths from tests/), each in one of a few processes. */
export async function runAll(files: readonly string[], options: WorkOptions): Promise<void> {
  const left = [...files];
  const work = async () => {
    while (left.length > 0) await oneProcess(left, options);
  };
  await Promise.all(Array.from({ length: Math.min(left.length, options.workers) }, work));
}

/** Takes files from the list until it is empty or the process ends. */
function oneProcess(left: string[], { limit, loading = limit, report }: WorkOptions): Promise<void> {
  return new Promise((resolve) => {
    const worker = start();
    let current: string | undefined;
    let began = 0;
    let sign: Sign | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let hung = 0;

    const watch = (seconds: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        hung = seconds;
        worker.kill('SIGKILL');
      }, seconds * 1000);
    };
    const next = () => {
      current = left.shift();
      sign = null;
      began = performance.now();
      if (current === undefined) {
        clearTimeout(timer);
        worker.disconnect();
        return;
      }
      watch(loading);
      worker.send(current);
    };
    worker.on('message', (message: FileResult | Sign) => {
      if ('test' in message) {
        sign = message;
        watch(limit);
        return;
      }
      report(message);
      next();
    });
    worker.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (current !== undefined) {
        const place = sign === null ? 'while the file was loaded' : `in the test "${sign.test}"`;
        const ran = sign?.before ?? 0;
        report({
          file: `tests/${current}`,
          output: hung
            ? `no end after ${hung} s ${place}`
            : `the test process died (${signal ?? `exit code ${code}`}) ${place}`,
          ran,
          total: ran + 1,
          milliseconds: performance.now() - began,
        });
      }
      resolve();
    });
    next();
  });
}

function start(): ChildProcess {
  return fork(fileURLToPath(new URL('run-files.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
