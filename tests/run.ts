/**
 * Runs every tests/**\/*.test.ts and closes with `N passed, N failed`.
 *
 *   npm test                       all
 *   npm test -- nn/rope            the tests of src/nn/rope.ts: a word that names a file means that file alone
 *   npm test -- rope tokenizer/    files whose path contains one of the words
 *
 * Files are shared out over a few worker processes (tests/workers.ts). Unlike uvu's own runner it fails when a file registers no
 * test or leaves one out, when a `before` hook throws, when a worker dies, and when a test does not end: each of them would
 * otherwise look like success, or like patience.
 */
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { FileResult } from './run-files.ts';
import { runAll } from './workers.ts';

/** Seconds after which a test is not slow but stuck: the slowest takes ten, but the machine may have other things to do. */
const LIMIT = 240;

const here = fileURLToPath(new URL('.', import.meta.url));
const words = process.argv.slice(2);
const all = readdirSync(here, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.test.ts') && !file.startsWith('browser'),
);
/** Short files that take long: one runs every kernel of gpu.js, the other waits for tests that hang. */
const slow = ['tensor/backends/gpu/conformance.test.ts', 'workers.test.ts'];
const cost = (file: string) => (slow.includes(file) ? Infinity : statSync(here + file).size);
const files = [...new Set(words.length === 0 ? all : words.flatMap(filesFor))]
  // Longest first, so that no worker is left with a long file at the end; size is a fair guess for the others.
  .sort((a, b) => (cost(a) === cost(b) ? 0 : cost(b) - cost(a)));

/** `nn/rope`, src/nn/rope.ts and tests/nn/rope.test.ts all mean the same. */
function filesFor(path: string): string[] {
  const word = path.replace(/^(\.\/)?(src|tests)\//, '').replace(/(\.test)?\.ts$/, '');
  const named = all.filter((file) => `/${file}`.endsWith(`/${word}.test.ts`));
  return named.length > 0 ? named : all.filter((file) => file.includes(word));
}

let passed = 0;
let failed = 0;

function report({ file, output, ran, total, milliseconds }: FileResult): void {
  passed += ran;
  failed += total - ran;
  const mark = ran === total ? 'ok  ' : 'FAIL';
  process.stdout.write(`${mark} ${file}  ${ran}/${total}  ${(milliseconds / 1000).toFixed(1)}s\n`);
  if (ran !== total) process.stdout.write(`${output}\n`);
}

const began = performance.now();
if (files.length === 0) {
  process.stdout.write(`no test file matches ${words.join(' ')}\n`);
  failed++;
}
await runAll(files, { limit: LIMIT, workers: Math.min(4, availableParallelism()), report });
process.stdout.write(
  `\n${((performance.now() - began) / 1000).toFixed(1)}s\n${passed} passed, ${failed} failed\n`,
);
process.exitCode = failed === 0 ? 0 : 1;
