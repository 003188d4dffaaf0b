import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultError } from '../../src/errors.ts';
import type { Files } from '../../src/formats/file-map.ts';
import {
  locateDirectory,
  readDirectory,
  repairDirectory,
  setAside,
  writeDirectoryAtomically,
  writeFileAtomically,
} from '../../src/storage/atomic.ts';
import { verifyDirectory } from '../../src/storage/checksums.ts';
import { realDisk } from '../../src/storage/disk.ts';
import { refuses, temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();
let n = 0;
const freshPath = () => join(folder, `place-${n++}`, 'stage');

const files = (version: string): Files =>
  new Map<string, Uint8Array | string>([
    ['a.txt', `甲 ${version}`],
    ['b.bin', Uint8Array.from(Buffer.from(version))],
  ]);
/** Which version a directory holds, after checking that it is complete. */
function versionIn(path: string): string {
  verifyDirectory(path);
  const version = readFileSync(join(path, 'b.bin'), 'utf8');
  assert.is(readFileSync(join(path, 'a.txt'), 'utf8'), `甲 ${version}`);
  assert.equal(readdirSync(path).sort(), ['SHA256SUMS', 'a.txt', 'b.bin']);
  return version;
}
const neighbours = (path: string) => readdirSync(join(path, '..')).sort();

test('a directory is written, replaced as a whole, and nothing is left beside it', () => {
  const path = freshPath();
  writeDirectoryAtomically(path, new Map([...files('1'), ['old.txt', 'x']]));
  writeDirectoryAtomically(path, files('2'));
  assert.is(versionIn(path), '2');
  assert.equal(neighbours(path), ['stage']);
});

test('SHA256SUMS is what sha256sum -c reads', () => {
  const path = freshPath();
  writeDirectoryAtomically(path, new Map([['a.txt', 'abc']]));
  assert.is(
    readFileSync(join(path, 'SHA256SUMS'), 'utf8'),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.txt\n',
  );
});

/** The states that a machine can stop in while `new` replaces `old`; which version must be there afterwards. */
const crashes: { state: string; make: (path: string) => void; reader: string; writer: string }[] = [
  {
    state: 'half of the successor is written',
    make(path) {
      mkdirSync(`${path}.next`);
      writeFileSync(`${path}.next/a.txt`, '甲');
    },
    reader: 'old',
    writer: 'old',
  },
  {
    state: 'the successor is complete',
    make: (path) => copyTo(`${path}.next`, 'new'),
    reader: 'old',
    writer: 'old',
  },
  {
    state: 'between the two renames',
    make(path) {
      copyTo(`${path}.next`, 'new');
      renameSync(path, `${path}.previous`);
    },
    reader: 'new',
    writer: 'new',
  },
  {
    state: 'between the renames, and the successor is damaged',
    make(path) {
      copyTo(`${path}.next`, 'new');
      writeFileSync(`${path}.next/a.txt`, 'damaged');
      renameSync(path, `${path}.previous`);
    },
    reader: 'old',
    writer: 'old',
  },
  {
    state: 'the predecessor is not yet removed',
    make(path) {
      renameSync(path, `${path}.previous`);
      copyTo(path, 'new');
    },
    reader: 'new',
    writer: 'new',
  },
  {
    state: 'the predecessor is half removed',
    make(path) {
      renameSync(path, `${path}.previous`);
      rmSync(`${path}.previous/a.txt`);
      copyTo(path, 'new');
    },
    reader: 'new',
    writer: 'new',
  },
];

function copyTo(path: string, version: string): void {
  const source = freshPath();
  writeDirectoryAtomically(source, files(version));
  renameSync(source, path);
}

for (const { state, make, reader, writer } of crashes) {
  test(`a crash when ${state}: readers see ${reader}, repair leaves ${writer}`, () => {
    const path = freshPath();
    writeDirectoryAtomically(path, files('old'));
    make(path);
    assert.is(versionIn(locateDirectory(path)), reader);
    repairDirectory(path);
    assert.is(versionIn(path), writer);
    assert.equal(neighbours(path), ['stage']);
    // And a writer that comes along without an explicit repair succeeds from the same state.
    rmSync(path, { recursive: true });
    writeDirectoryAtomically(path, files('old'));
    make(path);
    writeDirectoryAtomically(path, files('newer'));
    assert.is(versionIn(path), 'newer');
    assert.equal(neighbours(path), ['stage']);
  });
}

test('a crash in the very first write: a complete successor is taken, a half-written one removed', () => {
  const path = freshPath();
  mkdirSync(join(path, '..'), { recursive: true });
  copyTo(`${path}.next`, 'new');
  assert.is(versionIn(locateDirectory(path)), 'new');
  repairDirectory(path);
  assert.is(versionIn(path), 'new');
  rmSync(path, { recursive: true });
  mkdirSync(`${path}.next`);
  writeFileSync(`${path}.next/a.txt`, '甲');
  assert.is(locateDirectory(path), path);
  repairDirectory(path);
  assert.equal(neighbours(path), []);
});

/** A disk that is full when the k-th file is written (counted from 0), in the middle of it. */
const fullAt = (k: number) => ({
  ...realDisk,
  write(file: number, content: Uint8Array) {
    if (k-- > 0) return realDisk.write(file, content);
    realDisk.write(file, content.subarray(0, 2));
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  },
});
/** A disk whose writes fail with this. */
const failing = (error: Error) => ({
  ...realDisk,
  write(): number {
    throw error;
  },
});

test('a full disk at any file leaves the old directory intact and says so', () => {
  for (const k of [0, 1, 2]) {
    const path = freshPath();
    writeDirectoryAtomically(path, files('old'));
    try {
      writeDirectoryAtomically(path, files('new'), fullAt(k));
      assert.unreachable('the disk is full');
    } catch (error) {
      assert.instance(error, FaultError);
      assert.match((error as Error).message, /^Cannot write .*stage: the disk is full; .*--resume/);
    }
    assert.is(versionIn(path), 'old');
    assert.equal(neighbours(path), ['stage']);
    writeDirectoryAtomically(path, files('new'));
    assert.is(versionIn(path), 'new');
  }
});

test('a forbidden place is the user’s to change', () => {
  const denied = failing(Object.assign(new Error('EACCES'), { code: 'EACCES' }));
  refuses(() => writeDirectoryAtomically(freshPath(), files('1'), denied), 'permission denied');
  const file = join(folder, 'plain');
  writeFileSync(file, '');
  refuses(() => writeDirectoryAtomically(join(file, 'stage'), files('1')), 'Cannot write', 'not a directory');
});

test('any other error comes through as it is', () => {
  const path = freshPath();
  assert.throws(
    () => writeDirectoryAtomically(path, files('1'), failing(new TypeError('a bug'))),
    (e: Error) => e instanceof TypeError,
  );
  assert.equal(neighbours(path), []);
});

test('a single file: complete or unchanged', () => {
  const path = join(freshPath(), 'run.json');
  writeFileAtomically(path, 'old');
  assert.is(readFileSync(path, 'utf8'), 'old');
  assert.throws(
    () => writeFileAtomically(path, 'new', fullAt(0)),
    (e: Error) => e instanceof FaultError,
  );
  assert.is(readFileSync(path, 'utf8'), 'old');
  writeFileAtomically(path, 'new');
  assert.is(readFileSync(path, 'utf8'), 'new');
  assert.equal(neighbours(path), ['run.json']);
});

test('what is in the way is not renamed: a link would be moved in place of what it leads to', () => {
  const path = freshPath();
  writeDirectoryAtomically(path, files('1'));
  const beside = join(path, '..');
  symlinkSync('stage', join(beside, 'link'));
  writeFileSync(join(beside, 'file'), 'mine');
  refuses(
    () => writeDirectoryAtomically(join(beside, 'link'), files('2')),
    'is a symbolic link, not a directory',
  );
  refuses(() => writeDirectoryAtomically(join(beside, 'file'), files('2')), 'is a file, not a directory');
  refuses(() => repairDirectory(join(beside, 'link')), 'is a symbolic link');
  assert.equal(neighbours(path), ['file', 'link', 'stage']);
  assert.is(versionIn(join(beside, 'link')), '1');
  assert.is(readFileSync(join(beside, 'file'), 'utf8'), 'mine');
});

test('a slash at the end leads to the same directory, also in the middle of a swap', () => {
  const path = freshPath();
  writeDirectoryAtomically(path, files('1'));
  renameSync(path, `${path}.next`);
  for (const way of [path, `${path}/`, `${path}//`]) assert.is(versionIn(locateDirectory(way)), '1');
});

test('set aside: the first free name, and nothing is taken for free that is not', () => {
  const path = freshPath();
  assert.is(setAside(path), null);
  mkdirSync(path, { recursive: true });
  writeFileSync(`${path}.old-1`, '');
  symlinkSync('nowhere', `${path}.old-2`);
  assert.is(setAside(path), `${path}.old-3`);
  assert.equal(neighbours(path), ['stage.old-1', 'stage.old-2', 'stage.old-3']);
});

test('a reader whose directory is replaced while it reads gets one state of it', () => {
  const path = freshPath();
  writeDirectoryAtomically(path, files('1'));
  let reads = 0;
  const version = readDirectory(path, (directory) => {
    const a = readFileSync(join(directory, 'a.txt'), 'utf8');
    if (reads++ < 2) writeDirectoryAtomically(path, files(`${reads + 1}`)); // between its two files
    return [a, readFileSync(join(directory, 'b.bin'), 'utf8')];
  });
  assert.equal([version, reads], [['甲 3', '3'], 3]);
  // A file that is gone in between is an error only if the directory is still the same.
  reads = 0;
  const again = readDirectory(path, (directory) => {
    if (reads++ === 0) {
      renameSync(path, `${path}.next`);
      return readFileSync(join(directory, 'a.txt'), 'utf8');
    }
    return readFileSync(join(directory, 'a.txt'), 'utf8');
  });
  assert.equal([again, reads], ['甲 3', 2]);
  const missing = () => readDirectory(path, (directory) => readFileSync(join(directory, 'none')));
  assert.throws(missing, (e: NodeJS.ErrnoException) => e.code === 'ENOENT');
});

test.run();
