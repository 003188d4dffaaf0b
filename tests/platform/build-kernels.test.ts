/** The compiled kernels are those of their sources, and a change of either is seen. */
import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  buildKernels,
  compileKernels,
  isStale,
  kernelPath,
  variants,
} from '../../src/platform/build-kernels.ts';
import { refusesLater, temporaryFolder } from '../data/temporary.ts';

const home = fileURLToPath(new URL('../../src/tensor/backends/wasm/', import.meta.url));

/** A copy of sources and compiled kernels, to be changed. */
function copy(): string {
  const folder = temporaryFolder();
  for (const part of ['assembly', 'build']) cpSync(join(home, part), join(folder, part), { recursive: true });
  return `${folder}/`;
}

test('what is in the repository belongs together', () => {
  assert.is(isStale(), false, 'compile the kernels anew with "npm run build-kernels" and commit them');
});

test('compiling gives the bytes that are in the repository', async () => {
  // One build for all: kernels.json says that they were made together, and continuous integration compiles every one.
  const made = await compileKernels('fma');
  assert.ok(Buffer.from(made).equals(readFileSync(kernelPath('fma'))), 'run "npm run build-kernels"');
});

test('a copy as it is, and one with the line ends of Windows, need no compiler', () => {
  const folder = copy();
  assert.is(isStale(folder), false);
  const path = join(folder, 'assembly/math.ts');
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('\n', '\r\n'));
  assert.is(isStale(folder), false);
});

test('a changed source, a damaged or missing file and a missing record are seen', () => {
  const changes: ((folder: string) => void)[] = [
    (folder) => appendFileSync(join(folder, 'assembly/math.ts'), '// one more line\n'),
    (folder) => writeFileSync(join(folder, 'assembly/more.ts'), ''),
    (folder) => rmSync(join(folder, 'build/kernels.json')),
    (folder) => writeFileSync(join(folder, 'build/kernels.json'), 'null'),
    ...variants.flatMap((variant) => [
      (folder: string) => rmSync(kernelPath(variant, folder)),
      (folder: string) => appendFileSync(kernelPath(variant, folder), '\0'),
    ]),
  ];
  for (const change of changes) {
    const folder = copy();
    change(folder);
    assert.is(isStale(folder), true, String(change));
  }
});

test('a build that fails leaves what was there, and is not taken for finished', async () => {
  const folder = copy();
  const before = variants.map((variant) => readFileSync(kernelPath(variant, folder)));
  appendFileSync(join(folder, 'assembly/math.ts'), 'export function broken(: i32 {\n');
  let message = '';
  await buildKernels(folder).catch((error: Error) => {
    message = error.message;
  });
  assert.match(message, /^The wasm kernels do not compile \(fma\)/);
  assert.ok(variants.every((variant, i) => readFileSync(kernelPath(variant, folder)).equals(before[i]!)));
  assert.is(isStale(folder), true);
});

test('without the compiler: a sentence that says how to get it', async () => {
  const missing = () => Promise.reject(Object.assign(new Error('x'), { code: 'ERR_MODULE_NOT_FOUND' }));
  await refusesLater(
    () => buildKernels(copy(), missing),
    'not those of their sources',
    '"npm ci" installs it',
  );
});

test.run();
