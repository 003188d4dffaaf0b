import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultError } from '../../src/errors.ts';
import type { Files } from '../../src/formats/file-map.ts';
import {
  locateDirectory,
  repairDirectory,
  verifyDirectory,
  writeDirectoryAtomically,
  writeFileAtomically,
} from '../../src/storage/atomic.ts';
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
const fullAt = (k: number) => (path: string, content: Uint8Array | string) => {
  if (k-- === 0) {
    writeFileSync(path, content.slice(0, 2));
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  }
  writeFileSync(path, content);
};

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
  const denied = () => {
    throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
  };
  refuses(() => writeDirectoryAtomically(freshPath(), files('1'), denied), 'permission denied');
  const file = join(folder, 'plain');
  writeFileSync(file, '');
  refuses(() => writeDirectoryAtomically(join(file, 'stage'), files('1')), 'Cannot write', 'not a directory');
});

test('any other error comes through as it is', () => {
  const broken = () => {
    throw new TypeError('a bug');
  };
  const path = freshPath();
  assert.throws(
    () => writeDirectoryAtomically(path, files('1'), broken),
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

test('checksums find a flipped byte, a missing file and damage of their own', () => {
  const path = freshPath();
  writeDirectoryAtomically(path, files('1'));
  const bytes = readFileSync(join(path, 'a.txt'));
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(join(path, 'a.txt'), bytes);
  refuses(() => verifyDirectory(path), join(path, 'a.txt'), 'SHA-256 differs');
  rmSync(join(path, 'a.txt'));
  refuses(() => verifyDirectory(path), join(path, 'a.txt'), 'is missing');
  const sums = join(path, 'SHA256SUMS');
  writeFileSync(sums, readFileSync(sums, 'utf8').slice(10));
  refuses(() => verifyDirectory(path), sums, 'is damaged');
  writeFileSync(sums, `${'0'.repeat(64)}  ../../etc/passwd\n`);
  refuses(() => verifyDirectory(path), sums, 'is damaged');
  rmSync(sums);
  verifyDirectory(path); // made elsewhere: taken as it is
  assert.ok(existsSync(path));
});

test.run();
