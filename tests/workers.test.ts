/** The test runner: whatever goes wrong in a file is a failure with the file's and the test's name, and the next file is run. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FileResult } from './run-files.ts';
import { runAll } from './workers.ts';

/** Results of files of tests/runner/, by name. With one process, the last file comes after everything. */
async function results(
  files: readonly string[],
  options: { readonly limit: number; readonly loading?: number; readonly workers: number },
): Promise<Map<string, FileResult>> {
  const found = new Map<string, FileResult>();
  await runAll(
    files.map((file) => `runner/${file}.ts`),
    { ...options, report: (result) => found.set(result.file.replace(/.*\/|\.ts$/g, ''), result) },
  );
  return found;
}

test('what hangs is stopped and named; the rest is still run', async () => {
  const [tests, files] = await Promise.all([
    results(['hangs', 'waits', 'leaves-out'], { limit: 3, loading: 100, workers: 2 }),
    results(['loads'], { limit: 100, loading: 3, workers: 1 }),
  ]);
  const [hangs, waits, loads] = [tests.get('hangs')!, tests.get('waits')!, files.get('loads')!]; // as above
  assert.is(hangs.output, 'no end after 3 s in the test "does not end"');
  assert.equal([hangs.ran, hangs.total], [1, 2]);
  assert.is(waits.output, 'no end after 3 s in the test "waits for ever"');
  assert.equal([waits.ran, waits.total], [0, 1]);
  assert.is(loads.output, 'no end after 3 s while the file was loaded');
  assert.equal([loads.ran, loads.total], [0, 1]);
  assert.is(tests.get('leaves-out')?.ran, 1);
});

test('a process that ends, a forgotten test.run() and a skipped test are failures', async () => {
  const found = await results(['dies', 'empty', 'leaves-out'], { limit: 100, workers: 1 });
  const [dies, empty, out] = [found.get('dies')!, found.get('empty')!, found.get('leaves-out')!];
  assert.is(dies.output, 'the test process died (exit code 0) in the test "ends the process"');
  assert.equal([dies.ran, dies.total], [1, 2]);
  assert.match(empty.output, /no test .*test\.run\(\)/);
  assert.equal([empty.ran, empty.total], [0, 1]);
  assert.match(out.output, /1 tests are left out/);
  assert.equal([out.ran, out.total], [1, 2]);
});

test('what a file leaves as the default of new tensors is gone for the next one', async () => {
  const found = await results(['changes-defaults', 'needs-defaults'], { limit: 100, workers: 1 });
  assert.equal([found.get('changes-defaults')?.ran, found.get('needs-defaults')?.ran], [1, 1]);
  assert.is(found.get('needs-defaults')?.output, '');
});

test('large values that differ fail soon, and show the first difference', async () => {
  const { output, ran, total } = (await results(['differs'], { limit: 100, workers: 1 })).get('differs')!; // it was run
  assert.equal([ran, total], [0, 5]);
  const parts = output.split(' FAIL ').slice(1);
  for (const name of ['typed arrays', 'arrays', 'arrays of objects', 'texts']) {
    const part = parts.find((text) => text.includes(`"${name}"`)) ?? '';
    assert.match(part, /the·?\s?first·?\s?difference/, name);
    assert.match(part, /7\.5/, name);
    assert.ok(part.length < 6000, `${name}: ${part.length} characters`);
  }
  assert.match(parts.at(-1)!, /5/);
});

test.run();
