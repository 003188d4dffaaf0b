/** What happens when it is interrupted is tested in interrupted-writes.test.ts. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { locateDirectory, repairDirectory } from '../../src/storage/atomic.ts';
import { realDisk } from '../../src/storage/disk.ts';
import { linkOrCopyDirectory, markedBy, replaceDirectory } from '../../src/storage/replace.ts';
import { refuses, temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();
let n = 0;
function fresh(): string {
  const place = join(folder, `place-${n++}`);
  mkdirSync(place);
  return join(place, 'run');
}
const beside = (path: string) => readdirSync(join(path, '..')).sort();
const make = (version: string) => (next: string) => writeFileSync(join(next, 'run.json'), version);
const versionIn = (path: string) => readFileSync(join(path, 'run.json'), 'utf8');

test('each one takes the place of the last, and all are kept', () => {
  const path = fresh();
  const asides = ['1', '2', '3'].map((version) => replaceDirectory(path, 'run.json', make(version)));
  assert.equal(asides, [null, `${path}.old-1`, `${path}.old-2`]);
  assert.equal([path, `${path}.old-1`, `${path}.old-2`].map(versionIn), ['3', '1', '2']);
  assert.equal(beside(path), ['run', 'run.old-1', 'run.old-2']);
});

test('an error of whoever makes it leaves the old one in its place, and nothing else', () => {
  const path = fresh();
  replaceDirectory(path, 'run.json', make('1'));
  const half = (next: string) => {
    writeFileSync(join(next, 'half'), '');
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  };
  refuses(() => replaceDirectory(path, 'run.json', half), `Cannot write ${path}: the disk is full`);
  assert.throws(() => replaceDirectory(path, 'run.json', () => {}), /was made without its run.json/);
  assert.is(versionIn(path), '1');
  assert.equal(beside(path), ['run']);
});

test('nothing that lies in the way is removed: it may be somebody’s', () => {
  const path = fresh();
  const swap = markedBy('run.json');
  replaceDirectory(path, 'run.json', make('1'));
  mkdirSync(`${path}.next/mine`, { recursive: true });
  mkdirSync(`${path}.previous/mine`, { recursive: true });
  assert.is(locateDirectory(path, swap), path);
  repairDirectory(path, swap);
  assert.equal(beside(path), ['run', 'run.next.old-1', 'run.old-1']);
  assert.ok(existsSync(`${path}.next.old-1/mine`));
  assert.ok(existsSync(`${path}.old-1/mine`));
  assert.is(replaceDirectory(path, 'run.json', make('2')), `${path}.old-2`);
  assert.is(versionIn(path), '2');
});

test('a tree is linked: the same files under two names, which one of them may lose', () => {
  const path = fresh();
  mkdirSync(join(path, 'deep', 'er'), { recursive: true });
  for (const name of ['a', 'deep/b', 'deep/er/c']) writeFileSync(join(path, name), name);
  const to = `${path}-kept`;
  linkOrCopyDirectory(path, to);
  for (const name of ['a', 'deep/b', 'deep/er/c']) {
    assert.is(readFileSync(join(to, name), 'utf8'), name);
    assert.is(statSync(join(to, name)).ino, statSync(join(path, name)).ino);
  }
  // Replaced under one name, it stays under the other.
  writeFileSync(join(path, 'a.partial'), 'new');
  realDisk.rename(join(path, 'a.partial'), join(path, 'a'));
  assert.is(readFileSync(join(to, 'a'), 'utf8'), 'a');
  refuses(() => linkOrCopyDirectory(path, to), 'something else of that name is in the way');
});

test('where links fail, and for what is itself a link, the bytes are copied', () => {
  const path = fresh();
  mkdirSync(path);
  writeFileSync(join(path, 'a'), 'abc');
  symlinkSync('a', join(path, 'b'));
  const without = {
    ...realDisk,
    link() {
      throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' });
    },
  };
  for (const [to, disk, ino] of [
    [`${path}-1`, realDisk, statSync(join(path, 'a')).ino],
    [`${path}-2`, without, null],
  ] as const) {
    linkOrCopyDirectory(path, to, disk);
    for (const name of ['a', 'b']) assert.is(readFileSync(join(to, name), 'utf8'), 'abc');
    assert.is(statSync(join(to, 'a')).ino === statSync(join(path, 'a')).ino, ino !== null);
    assert.is.not(statSync(join(to, 'b')).ino, statSync(join(path, 'a')).ino);
  }
  symlinkSync('.', join(path, 'loop'));
  refuses(() => linkOrCopyDirectory(path, `${path}-3`), join(path, 'loop'), 'a link to a directory');
});

test('what is neither a file nor a directory is refused and not waited for', () => {
  if (process.platform !== 'linux') return;
  const path = fresh();
  mkdirSync(path);
  spawnSync('mkfifo', [join(path, 'pipe')]);
  refuses(() => linkOrCopyDirectory(path, `${path}-1`), join(path, 'pipe'), 'a named pipe');
});

test.run();
