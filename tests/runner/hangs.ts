/** For workers.test.ts: a test that never gives control back. */
import { test } from 'uvu';

test('ends', () => {});

test('does not end', () => {
  for (;;);
});

test('is never reached', () => {});

test.run();
