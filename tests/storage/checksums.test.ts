import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeDirectoryAtomically } from '../../src/storage/atomic.ts';
import { isCompleteBySums, sumOf, sumOfFile, verifyDirectory } from '../../src/storage/checksums.ts';
import { refuses, temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();
let n = 0;
const SUM = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'; // of "abc", FIPS 180-2 B.1
function fresh(): { path: string; list: string; at: (name: string) => string } {
  const path = join(folder, `place-${n++}`);
  writeDirectoryAtomically(
    path,
    new Map([
      ['a.txt', 'abc'],
      ['b.txt', '甲'],
    ]),
  );
  return { path, list: join(path, 'SHA256SUMS'), at: (name) => join(path, name) };
}

test('checksums find a flipped byte, a missing file and damage of their own', () => {
  const { path, list, at } = fresh();
  verifyDirectory(path);
  assert.ok(isCompleteBySums(path));
  const bytes = readFileSync(at('b.txt'));
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(at('b.txt'), bytes);
  refuses(() => verifyDirectory(path), at('b.txt'), 'SHA-256 differs');
  assert.not(isCompleteBySums(path));
  rmSync(at('b.txt'));
  refuses(() => verifyDirectory(path), at('b.txt'), 'is missing');
  assert.not(isCompleteBySums(path));
  writeFileSync(list, readFileSync(list, 'utf8').slice(10));
  refuses(() => verifyDirectory(path), list, 'is damaged');
  rmSync(list);
  verifyDirectory(path); // made elsewhere: taken as it is
  assert.not(isCompleteBySums(path)); // but nothing says that it is complete
  assert.ok(existsSync(path));
});

test('lines that are not of files in the directory are damage, whatever they say', () => {
  const { path, list } = fresh();
  const zero = '0'.repeat(64);
  const bad: [string, string][] = [
    [`${SUM}  ..`, 'line 1'],
    [`${SUM}  .`, 'line 1'],
    [`${SUM}  ../place-0/a.txt`, 'line 1'],
    [`${SUM}  /etc/passwd`, 'line 1'],
    [`${SUM}  a\\b`, 'line 1'],
    [`${SUM}  a\0`, '\\u{0}'],
    [`${SUM}  \u001b[2J`, '\\u{1b}[2J'],
    [`${SUM}  `, 'line 1'],
    [`${SUM}`, 'line 1'],
    [`${SUM.slice(1)}  a.txt`, 'line 1'],
    [`${zero.replace('0', 'g')}  a.txt`, 'line 1'],
    ['a.txt', 'line 1'],
    [`${SUM}  a.txt\n\n# comment`, 'line 3'],
    [`${SUM}  a.txt\n${SUM}  a.txt`, 'lists a.txt twice'],
    ['', 'lists no file'],
    ['\n\n', 'lists no file'],
    ['x'.repeat(2 << 20), 'far too long'],
  ];
  for (const [text, ...parts] of bad) {
    writeFileSync(list, text);
    refuses(() => verifyDirectory(path), `${list} is damaged`, ...parts);
    refuses(() => sumOf(path, 'a.txt'), `${list} is damaged`);
    assert.not(isCompleteBySums(path));
  }
});

test('what other systems make of the file is read: line ends of Windows, the mark of binary files, capital digits', () => {
  const { path, list, at } = fresh();
  rmSync(at('b.txt'));
  for (const text of [`${SUM}  a.txt\r\n`, `${SUM} *a.txt\n`, `${SUM.toUpperCase()}  a.txt`]) {
    writeFileSync(list, text);
    verifyDirectory(path);
    assert.is(sumOf(path, 'a.txt'), SUM);
    writeFileSync(list, text.replace(/^./, '0'));
    refuses(() => verifyDirectory(path), 'SHA-256 differs');
  }
});

test('something else where a file is expected', () => {
  const { path, at } = fresh();
  rmSync(at('a.txt'));
  mkdirSync(at('a.txt'));
  refuses(() => verifyDirectory(path), at('a.txt'), 'is a directory, not a file');
  rmSync(at('a.txt'), { recursive: true });
  symlinkSync('nowhere', at('a.txt'));
  refuses(() => verifyDirectory(path), at('a.txt'), 'is missing');
  rmSync(at('a.txt'));
  symlinkSync('a.txt', at('a.txt'));
  refuses(() => verifyDirectory(path), path, 'lead in a circle');
  rmSync(at('a.txt'));
  symlinkSync('../elsewhere', at('a.txt')); // as download caches lay out their files: what counts is the content
  writeFileSync(join(folder, 'elsewhere'), 'abc');
  verifyDirectory(path);
  if (process.platform !== 'linux') return;
  for (const make of [
    () => symlinkSync('/dev/zero', at('a.txt')),
    () => spawnSync('mkfifo', [at('a.txt')]),
  ]) {
    rmSync(at('a.txt'));
    make();
    refuses(() => verifyDirectory(path), at('a.txt'), 'not a file'); // and neither waits nor reads for ever
  }
  rmSync(at('SHA256SUMS'));
  spawnSync('mkfifo', [at('SHA256SUMS')]);
  refuses(() => verifyDirectory(path), 'SHA256SUMS is damaged: it is a named pipe');
});

test('a file that is going to be read must be listed, if there is a list', () => {
  const { path, list, at } = fresh();
  writeFileSync(at('model.safetensors'), 'swapped in');
  verifyDirectory(path); // nobody reads it
  refuses(
    () => verifyDirectory(path, ['a.txt', 'model.safetensors']),
    `${list} does not list model.safetensors`,
  );
  verifyDirectory(path, ['a.txt', 'not-there']); // whoever reads it knows what a missing file means
  rmSync(list);
  verifyDirectory(path, ['model.safetensors']);
});

test('the sum of one file: as listed, else computed, also of more than one piece', () => {
  const { path, at } = fresh();
  assert.is(sumOf(path, 'a.txt'), SUM);
  writeFileSync(at('a.txt'), 'changed');
  assert.is(sumOf(path, 'a.txt'), SUM); // verifyDirectory is there to see that
  const big = Buffer.alloc((8 << 20) + 17);
  for (let i = 0; i < big.length; i += 4093) big[i] = i;
  writeFileSync(at('big'), big);
  assert.is(sumOf(path, 'big'), createHash('sha256').update(big).digest('hex'));
  truncateSync(at('big'), 8 << 20);
  assert.is(
    sumOfFile(at('big')),
    createHash('sha256')
      .update(big.subarray(0, 8 << 20))
      .digest('hex'),
  );
  refuses(() => sumOf(path, 'none'), at('none'), 'no such file');
});

test.run();
