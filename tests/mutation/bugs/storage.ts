/** Bugs in what keeps files whole. */
import type { Area } from '../bug.ts';

export const storage: Area = {
  name: 'storage',
  tests: 'storage/ formats/ training/checkpoint',
  bugs: {
    'swap-removes-first': {
      file: 'storage/atomic.ts',
      find: 'if (existsSync(path)) renameSync(path,',
      replace: 'rmSync(path, { recursive: true, force: true });\n    if (existsSync(path)) renameSync(path,',
      breaks: 'the old directory is removed file by file before the new one is in its place',
    },
    'no-fsync': {
      file: 'storage/atomic.ts',
      find: '    fsyncSync(file);\n',
      replace: '',
      breaks: 'a power cut after the rename leaves empty files',
    },
    'half-written-next': {
      file: 'storage/atomic.ts',
      find: 'if (isComplete(next)) return next;',
      replace: 'if (existsSync(next)) return next;',
      breaks: 'a reader in the middle of a swap takes a half-written directory',
    },
    'repair-goes-back': {
      file: 'storage/atomic.ts',
      find: 'renameSync(isComplete(next) ? next : previous, path)',
      replace: 'renameSync(previous, path)',
      breaks: 'a swap cut short loses the checkpoint that was complete',
    },
    'write-in-place': {
      file: 'storage/atomic.ts',
      find: '      write(partial, content);\n      renameSync(partial, path);',
      replace: '      write(path, content);',
      breaks: 'a file cut off by a full disk replaces the one before',
    },
    'sums-not-compared': {
      file: 'storage/atomic.ts',
      find: 'if (sha256(readFileSync(file)) !== expected) {',
      replace: 'if (sha256(readFileSync(file)).length !== expected.length) {',
      breaks: 'a damaged file is opened',
    },
    'open-without-checking': {
      file: 'storage/model-directory.ts',
      find: '  verifyDirectory(directory);\n',
      replace: '',
      breaks: 'weights are read without their checksums',
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
