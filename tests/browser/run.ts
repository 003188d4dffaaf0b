/**
 * Tests in a real browser: Chromium of the system, driven by playwright-core, over pages that vite serves from this repository.
 *
 *   npm run test:browser                   all suites
 *   npm run test:browser -- language       suites whose name begins with one of the words (`control` fails on purpose)
 *   npm run test:browser -- --serve        only serve the pages, to open them in a browser of your own
 *
 * Where there is no browser it says so and ends well, unless the variable CI is set: there nothing is skipped in silence.
 */

import { buildKernels, isStale } from '../../src/platform/build-kernels.ts';
import { findChromium, startChromium } from './chromium.ts';
import { checkControl } from './control.ts';
import { type CaseResult, runSuite } from './run-suite.ts';
import { startServer } from './server.ts';
import { suites } from './suites.ts';

/** Seconds after which whatever still runs has failed. */
const WHOLE_LIMIT = 480;

const say = (line: string) => process.stdout.write(`${line}\n`);
let passed = 0;
let failed = 0;

function report({ suite, name, outcome, milliseconds }: CaseResult): void {
  const seconds = `${(milliseconds / 1000).toFixed(1)}s`;
  if (outcome.ok) {
    passed++;
    say(`ok   ${suite}: ${name}  ${seconds}${outcome.figures === '' ? '' : `  ${outcome.figures}`}`);
  } else {
    failed++;
    say(`FAIL ${suite}: ${name}  ${seconds}\n${outcome.why.replace(/^/gm, '       ')}`);
  }
}

async function main(words: readonly string[]): Promise<void> {
  const chosen = Object.entries(suites).filter(([name, { onRequest }]) =>
    words.length === 0 ? !onRequest : words.some((word) => name.startsWith(word)),
  );
  if (chosen.length === 0) {
    say(`no suite begins with ${words.join(' or ')}; there are ${Object.keys(suites).join(', ')}`);
    process.exitCode = 1;
    return;
  }
  const path = findChromium();
  if (path === null) {
    const inCi = !['', '0', 'false', undefined].includes(process.env.CI);
    const named = process.env.CHROMIUM_PATH;
    say(
      `${inCi ? 'error' : 'skipped'}: ` +
        (named
          ? `CHROMIUM_PATH names ${named}, which is not there`
          : 'there is no Chromium or Chrome in the PATH; install one (Debian: apt-get install chromium) or name it in CHROMIUM_PATH'),
    );
    process.exitCode = inCi ? 1 : 0;
    return;
  }
  const began = performance.now();
  if (isStale()) await buildKernels();
  if (words.length === 0) for (const result of await checkControl()) report(result);
  const server = await startServer();
  const browser = await startChromium(path);
  say(`     Chromium ${browser.version()}`);
  for (const [name, suite] of chosen) {
    const own = suite.browser === undefined ? null : await startChromium(path, suite.browser);
    await runSuite(name, suite, own ?? browser, server, report);
    await own?.close();
  }
  await browser.close();
  await server.close();
  say(`\n${((performance.now() - began) / 1000).toFixed(1)}s\n${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

const words = process.argv.slice(2);
if (words.includes('--serve')) {
  const server = await startServer();
  for (const [name, { isolated }] of Object.entries(suites)) say(server.address(name, isolated));
} else {
  setTimeout(() => {
    say(`FAIL the whole run: not done after ${WHOLE_LIMIT} s\n${passed} passed, ${failed + 1} failed`);
    process.exit(1); // takes the browser with it
  }, WHOLE_LIMIT * 1000).unref();
  await main(words);
}
