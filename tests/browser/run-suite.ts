/**
 * Runs the cases of one suite in Chromium, one after the other, each within its time.
 *
 * A case fails if it throws, if anything in the page (or a worker of it) is left uncaught or written to the console as an error,
 * or if it takes too long. After the last of these the page is lost: the cases that remain get a fresh one.
 */
import type { Browser, Page } from 'playwright-core';
import type { Outcome, PageTests } from './page-case.ts';
import type { PageServer } from './server.ts';
import type { Suite } from './suites.ts';

export interface CaseResult {
  readonly suite: string;
  readonly name: string;
  readonly outcome: Outcome;
  readonly milliseconds: number;
}

/** Seconds for a page to load: vite translates every file of the engine on the first time. */
const LOAD_LIMIT = 60;

declare const pageTests: PageTests; // in the page

export async function runSuite(
  name: string,
  suite: Suite,
  browser: Browser,
  server: PageServer,
  report: (result: CaseResult) => void,
): Promise<void> {
  const address = server.address(name, suite.isolated);
  let began = performance.now();
  const tell = (what: string, outcome: Outcome) =>
    report({ suite: name, name: what, outcome, milliseconds: performance.now() - began });
  let open: OpenPage | null = null;
  try {
    open = await openPage(browser, address);
    const { cases } = open;
    if (cases.length === 0) throw new Error('this suite has no case');
    for (const { name: wanted, expectedErrors } of cases) {
      began = performance.now();
      open ??= await openPage(browser, address);
      const { page, errors } = open;
      let outcome: Outcome;
      try {
        outcome = await within(
          suite.limit,
          page.evaluate((one) => pageTests.run(one), wanted),
        );
      } catch (error) {
        outcome = { ok: false, why: (error as Error).message };
        open = null;
        await close(page);
      }
      const expected = expectedErrors === undefined ? null : new RegExp(expectedErrors);
      const found = errors.splice(0).filter((error) => expected === null || !expected.test(error));
      if (outcome.ok && found.length > 0) outcome = { ok: false, why: found.join('\n') };
      tell(wanted, outcome);
    }
    // What the page says after its last answer counts too.
    const late = open?.errors ?? [];
    if (late.length > 0) throw new Error(late.join('\n'));
  } catch (error) {
    tell('(page)', { ok: false, why: (error as Error).message });
  } finally {
    if (open !== null) await close(open.page);
  }
}

interface OpenPage {
  readonly page: Page;
  readonly cases: ReturnType<PageTests['list']>;
  /** Errors that nobody has looked at yet. */
  readonly errors: string[];
}

async function openPage(browser: Browser, address: string): Promise<OpenPage> {
  const page = await browser.newPage();
  const errors: string[] = [];
  let giveUp = () => {};
  const broken = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const note = (error: string) => {
    errors.push(error);
    giveUp();
  };
  page.on('pageerror', (error) => note(`uncaught: ${error.stack ?? error.message}`));
  page.on('crash', () => note('the page crashed'));
  page.on('console', (message) => {
    if (message.type() === 'error') note(`console: ${message.text()} (${message.location().url})`);
  });
  try {
    await page.goto(address, { timeout: LOAD_LIMIT * 1000 });
    const loaded = page.waitForFunction(() => 'pageTests' in globalThis);
    // A module that does not load is an error at once, not a minute later.
    await within(LOAD_LIMIT, Promise.race([loaded, broken]));
    if (errors.length > 0) throw new Error('the page did not load');
    return { page, cases: await page.evaluate(() => pageTests.list()), errors };
  } catch (error) {
    await close(page);
    throw new Error([...errors, (error as Error).message].join('\n'));
  }
}

async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // a page that is closed rejects what it was asked
  }
}

/** A page that is busy may not answer to being closed either; the browser is closed after it anyway. */
async function close(page: Page): Promise<void> {
  await within(5, page.close()).catch(() => {});
}
