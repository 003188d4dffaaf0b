/** For workers.test.ts: a promise that is never kept. */
import { test } from 'uvu';

test('waits for ever', () => new Promise(() => {}));

test.run();
