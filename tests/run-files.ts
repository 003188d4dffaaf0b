/**
 * A worker of tests/run.ts: runs the uvu suites of the files it is sent, one file after the other, and sends the counts back.
 */
import { pathToFileURL } from 'node:url';

export interface FileResult {
  readonly file: string;
  readonly output: string;
  readonly ran: number;
  readonly total: number;
  readonly milliseconds: number;
}

/** What uvu puts into its queue: returns errors, tests passed, skipped, total. */
type Suite = () => Promise<[errors: string | true, ran: number, skipped: number, total: number]>;

const uvu = globalThis as unknown as {
  UVU_DEFER: number;
  UVU_INDEX: number;
  UVU_QUEUE: (string | null | Suite)[][];
};
uvu.UVU_DEFER = 1; // suites wait in the queue instead of running by themselves
await import('uvu');

async function runFile(file: string): Promise<FileResult> {
  const began = performance.now();
  let output = '';
  let ran = 0;
  let total = 0;
  const group: (string | null | Suite)[] = [];
  uvu.UVU_INDEX = uvu.UVU_QUEUE.push(group) - 1;
  try {
    await import(pathToFileURL(`${import.meta.dirname}/${file}`).href);
    for (const suite of group) {
      if (typeof suite !== 'function') continue;
      const [errors, passed, , count] = await quietly(suite);
      ran += passed;
      total += count;
      if (errors !== true) output += errors;
      else if (passed < count)
        output += `${count - passed} tests did not run: a before or after hook threw\n`;
    }
    if (total === 0) {
      output = 'this file registered no test (is test.run() missing?)';
      total = 1;
    }
  } catch (error) {
    output += error instanceof Error ? (error.stack ?? error.message) : String(error);
    total = Math.max(total, ran + 1);
  }
  return { file: `tests/${file}`, output, ran, total, milliseconds: performance.now() - began };
}

/** uvu prints a dot for each test; the parent prints one line a file instead. */
async function quietly<T>(fn: () => Promise<T>): Promise<T> {
  const write = process.stdout.write;
  process.stdout.write = () => true;
  try {
    return await fn();
  } finally {
    process.stdout.write = write;
  }
}

process.on('message', async (file: string) => {
  const result = await runFile(file);
  process.send?.(result);
});
