/** A process that locks when it is told to: `lock PATH`, `release`, `hold PATH` (lock and end as a process does). Answers in one word. */
import { type DirectoryLock, lockDirectory } from '../../src/storage/lock.ts';

let lock: DirectoryLock | null = null;

process.on('message', ({ order, path, at }: { order: string; path: string; at: number }) => {
  if (order === 'lock') {
    while (Date.now() < at); // so that all of them begin in the same millisecond
    try {
      lock = lockDirectory(path, { command: 'train' });
      process.send?.('locked');
    } catch (error) {
      process.send?.((error as Error).message);
    }
  } else if (order === 'release') {
    lock?.release();
    lock = null;
    process.send?.('released');
  } else process.exit(0);
});
process.send?.('ready');
