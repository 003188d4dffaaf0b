/** For workers.test.ts: one test is skipped. */
import { test } from 'uvu';

test('runs', () => {});

test.skip('does not');

test.run();
