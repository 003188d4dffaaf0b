/** For workers.test.ts: a test that takes its process along. */
import { test } from 'uvu';

test('ends', () => {});

test('ends the process', () => process.exit(0));

test.run();
