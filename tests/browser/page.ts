/**
 * The page's side of the tests: loads the suite named in the address and runs its cases when the runner asks.
 *
 * Opened by hand (`npm run test:browser -- --serve`), the page offers the same on its console: `await pageTests.run(NAME)`.
 */
import type { Outcome, PageTests } from './page-case.ts';
import { suites } from './suites.ts';

const name = new URL(location.href).searchParams.get('suite') ?? '';
const suite = suites[name];
if (suite === undefined) throw new Error(`There is no suite "${name}"`);
const { cases } = await suite.load();

const tests: PageTests = {
  list: () => cases.map((one) => ({ name: one.name, expectedErrors: one.expectedErrors?.source })),
  async run(wanted): Promise<Outcome> {
    try {
      const one = cases.find((candidate) => candidate.name === wanted);
      if (one === undefined) throw new Error(`There is no case "${wanted}"`);
      return { ok: true, figures: (await one.run()) ?? '' };
    } catch (error) {
      return { ok: false, why: describe(error) };
    }
  },
};

/** An assertion of uvu keeps its comparison apart from its message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { details } = error as { details?: unknown };
  return `${error.stack ?? error.message}${typeof details === 'string' ? `\n${details}` : ''}`;
}

Object.assign(globalThis, { pageTests: tests });
