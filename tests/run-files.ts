/**
 * A worker of tests/run.ts: runs the uvu suites of the files it is sent, one file after the other. It says which test it begins,
 * so that the parent knows where it hangs, and sends the counts when the file is done. The backend and type of new tensors are for
 * each file what they are at the start of a program, whatever the file before has left.
 */
import { pathToFileURL } from 'node:url';
import { getDefaults, setDefaults } from '../src/tensor/index.ts';

export interface FileResult {
  readonly file: string;
  readonly output: string;
  readonly ran: number;
  readonly total: number;
  readonly milliseconds: number;
}

/** The test that begins now, and how many have begun before it in this file. */
export interface Sign {
  readonly test: string;
  readonly before: number;
}

/** What uvu puts into its queue: returns errors, tests passed, skipped, total. */
type Suite = () => Promise<[errors: string | true, ran: number, skipped: number, total: number]>;

const uvu = globalThis as unknown as {
  UVU_DEFER: number;
  UVU_INDEX: number;
  UVU_QUEUE: (string | null | Suite)[][];
};
uvu.UVU_DEFER = 1; // suites wait in the queue instead of running by themselves
const { test } = await import('uvu');
await import('./short-diffs.ts');
const defaults = getDefaults();

async function runFile(file: string): Promise<FileResult> {
  const began = performance.now();
  let output = '';
  let ran = 0;
  let total = 0;
  let begun = 0;
  setDefaults(defaults);
  queue(); // forget what the file before has registered without running it
  test.run();
  const group = queue();
  // Every file uses the one `test` of uvu; `test.run()` takes this hook along with the file's tests.
  test.before.each(({ __test__ }) => {
    process.send?.({ test: __test__, before: begun++ } satisfies Sign);
  });
  try {
    await import(pathToFileURL(`${import.meta.dirname}/${file}`).href);
    for (const suite of group) {
      if (typeof suite !== 'function') continue;
      const [errors, passed, skipped, count] = await quietly(suite);
      ran += passed;
      total += count + skipped;
      if (errors !== true) output += errors;
      else if (passed < count)
        output += `${count - passed} tests did not run: a before or after hook threw\n`;
      if (skipped > 0) output += `${skipped} tests are left out by test.only or test.skip\n`;
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

/** Where `test.run()` puts the suites of a file. */
function queue(): (string | null | Suite)[] {
  const group: (string | null | Suite)[] = [];
  uvu.UVU_INDEX = uvu.UVU_QUEUE.push(group) - 1;
  return group;
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
