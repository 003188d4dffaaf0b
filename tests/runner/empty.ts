/** For workers.test.ts: `test.run()` was forgotten. */
import { test } from 'uvu';

test('is never run', () => {});
