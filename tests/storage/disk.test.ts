import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Disk, makeDirectories, realDisk, sync, writeThrough } from '../../src/storage/disk.ts';
import { temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();
const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
  return null;
};

test('directories are made as far as they are missing; the first one is named', () => {
  const path = join(folder, 'a', 'b', 'c');
  assert.is(makeDirectories(path), join(folder, 'a'));
  assert.ok(existsSync(path));
  assert.is(makeDirectories(path), undefined);
  assert.is(makeDirectories(join(path, 'd')), join(path, 'd'));
  symlinkSync('a', join(folder, 'link'));
  assert.is(makeDirectories(join(folder, 'link')), undefined);
  writeFileSync(join(folder, 'file'), '');
  assert.is(
    codeOf(() => makeDirectories(join(folder, 'file'))),
    'EEXIST',
  );
  assert.is(
    codeOf(() => makeDirectories(join(folder, 'file', 'x', 'y'))),
    'ENOTDIR',
  );
  // mkdirSync(..., { recursive: true }) never returns from these.
  if (process.platform === 'linux')
    for (const none of ['/proc/x', '/proc/x/y'])
      assert.is(
        codeOf(() => makeDirectories(none)),
        'ENOENT',
      );
});

test('a write that the system takes in small pieces still writes everything, and forces it to the disk once', () => {
  const calls: string[] = [];
  const slow: Disk = {
    ...realDisk,
    write: (file, bytes) => realDisk.write(file, bytes.subarray(0, 3)),
    fsync(file) {
      calls.push('fsync');
      realDisk.fsync(file);
    },
    close(file) {
      calls.push('close');
      realDisk.close(file);
    },
  };
  for (const text of ['', '中国的首都是北京']) {
    calls.length = 0;
    writeThrough(join(folder, 'text'), text, slow);
    assert.is(readFileSync(join(folder, 'text'), 'utf8'), text);
    assert.equal(calls, ['fsync', 'close']);
  }
});

test('a file system without fsync of directories is no fault, a broken disk is', () => {
  const saying = (code: string): Disk => ({
    ...realDisk,
    fsync() {
      throw Object.assign(new Error(code), { code });
    },
  });
  mkdirSync(join(folder, 'directory'));
  for (const code of ['EINVAL', 'EPERM', 'ENOTSUP']) sync(join(folder, 'directory'), saying(code));
  for (const code of ['EIO', 'ENOSPC'])
    assert.is(
      codeOf(() => sync(join(folder, 'directory'), saying(code))),
      code,
    );
});

test.run();
