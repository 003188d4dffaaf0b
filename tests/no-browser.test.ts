/**
 * `npm run test:browser` where there is no browser: a sentence, and a failure only where nobody reads it (CI).
 *
 * What it does with a browser is checked by its own negative control (tests/browser/control.ts).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findChromium } from './browser/chromium.ts';

const program = fileURLToPath(new URL('browser/run.ts', import.meta.url));

function run(environment: Record<string, string>, ...words: string[]) {
  const { CI: _, CHROMIUM_PATH: __, ...rest } = process.env;
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', program, ...words], {
    env: { ...rest, CHROMIUM_PATH: '/there/is/no/browser', ...environment },
    encoding: 'utf8',
  });
  return { status, stdout };
}

test('locally it is skipped with a sentence', () => {
  for (const CI of [{}, { CI: 'false' }]) {
    const { status, stdout } = run(CI);
    assert.match(stdout, /^skipped: CHROMIUM_PATH names \/there\/is\/no\/browser, which is not there\n$/);
    assert.is(status, 0);
  }
});

test('in CI it is an error', () => {
  const { status, stdout } = run({ CI: '1' });
  assert.match(stdout, /^error: CHROMIUM_PATH names /);
  assert.is(status, 1);
});

test('a suite that does not exist is an error that names those that do', () => {
  const { status, stdout } = run({}, 'nonsense');
  assert.match(stdout, /^no suite begins with nonsense; there are platform, .*control\n$/);
  assert.is(status, 1);
});

test('the browser named comes before the one in the PATH', () => {
  const folder = mkdtempSync(join(tmpdir(), 'browsers-'));
  const [inPath, named] = [join(folder, 'chromium-browser'), join(folder, 'mine')];
  for (const path of [inPath, named]) writeFileSync(path, '');
  const PATH = ['/nowhere', folder].join(delimiter);
  assert.is(findChromium({ PATH }), inPath);
  assert.is(findChromium({ PATH, CHROMIUM_PATH: named }), named);
  assert.is(findChromium({ PATH, CHROMIUM_PATH: join(folder, 'missing') }), null);
  rmSync(folder, { recursive: true });
});

test.run();
