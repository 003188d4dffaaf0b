/** Bugs in what keeps files whole. */
import type { Area } from '../bug.ts';

export const storage: Area = {
  name: 'storage',
  tests: 'storage/ formats/safetensors training/checkpoint',
  bugs: {
    'swap-removes-first': {
      file: 'storage/atomic.ts',
      find: 'if (hadOne) disk.rename(path, previous);',
      replace: 'if (hadOne) disk.remove(path);',
      breaks: 'the old directory is removed before the new one is in its place',
    },
    'no-fsync': {
      file: 'storage/disk.ts',
      find: 'bytes.subarray(done, done + PIECE_BYTES));\n    disk.fsync(file);',
      replace: 'bytes.subarray(done, done + PIECE_BYTES));',
      breaks: 'a power cut after the rename leaves empty files',
      tests: 'storage/interrupted-writes',
    },
    'names-not-forced': {
      file: 'storage/atomic.ts',
      find: '      sync(next, disk);\n',
      replace: '',
      breaks: 'a power cut after the swap leaves a directory without its files',
      tests: 'storage/interrupted-writes',
    },
    'renames-not-forced': {
      file: 'storage/atomic.ts',
      find: '    if (aside !== null) disk.rename(previous, aside);\n    sync(dirname(path), disk);',
      replace: '    if (aside !== null) disk.rename(previous, aside);',
      breaks: 'the old directory is removed before the swap is on the disk',
      tests: 'storage/interrupted-writes',
    },
    'half-written-next': {
      file: 'storage/atomic.ts',
      find: 'if (isThere(next) && swap.isComplete(next)) return next;',
      replace: 'if (isThere(next)) return next;',
      breaks: 'a reader in the middle of a swap takes a half-written directory',
    },
    'repair-goes-back': {
      file: 'storage/atomic.ts',
      find: '  if (isThere(next) && swap.isComplete(next)) return next;\n',
      replace: '  if (!isThere(previous) && isThere(next) && swap.isComplete(next)) return next;\n',
      breaks: 'a swap cut short loses the checkpoint that was complete',
    },
    'write-in-place': {
      file: 'storage/atomic.ts',
      find: '      writeThrough(partial, content, disk);\n      disk.rename(partial, path);',
      replace: '      writeThrough(path, content, disk);',
      breaks: 'a file cut off by a full disk replaces the one before',
    },
    'sums-not-compared': {
      file: 'storage/checksums.ts',
      find: 'if (sumOfFile(file) !== expected) {',
      replace: 'if (sumOfFile(file).length !== expected.length) {',
      breaks: 'a damaged file is opened',
    },
    'open-without-checking': {
      file: 'storage/model-directory.ts',
      find: '    verifyDirectory(directory, names);\n',
      replace: '',
      breaks: 'weights are read without their checksums',
    },
    'lock-by-number': {
      file: 'storage/lock.ts',
      find: 'return !now.isDead && (birth === null || now.birth === birth);',
      replace: 'return !now.isDead;',
      breaks: 'a lock is respected for ever once its process number is taken by another program',
    },
    'oldest-model': {
      file: 'storage/find-model.ts',
      find: '.sort((a, b) => b.time - a.time)',
      replace: '.sort((a, b) => a.time - b.time)',
      breaks: 'chat takes the oldest run instead of the latest',
    },
    'safetensors-trailing': {
      file: 'formats/safetensors.ts',
      find: 'if (covered !== data.length) throw',
      replace: 'if (covered > data.length) throw',
      breaks: 'bytes that belong to no tensor are accepted',
    },
  },
};
