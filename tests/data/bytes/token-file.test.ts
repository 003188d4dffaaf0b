import { existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TokenFile, writeTokenFile } from '../../../src/data/bytes/token-file.ts';
import { put, refuses, temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const path = `${folder}/tokens.bin`;

test('ids are 16-bit little-endian integers and nothing else', () => {
  assert.is(writeTokenFile(path, [[1, 258], [], [65535, 0]], 65536), 4);
  assert.equal([...readFileSync(path)], [1, 0, 2, 1, 255, 255, 0, 0]);
  assert.equal(readdirSync(folder), ['tokens.bin']);
});

test('read by position', () => {
  writeTokenFile(path, [[10, 11, 12, 13, 14]], 100);
  const file = new TokenFile(path);
  assert.is(file.length, 5);
  assert.equal([...file.read(0, 5)], [10, 11, 12, 13, 14]);
  assert.equal([...file.read(3, 2)], [13, 14]);
  assert.equal([...file.read(5, 0)], []);
  for (const [start, length] of [
    [4, 2],
    [-1, 2],
    [6, 0],
  ]) {
    assert.throws(() => file.read(start!, length!), /outside a file of 5/);
  }
  file.close();
});

test('documents larger than the write buffer, and many small ones', () => {
  const long = Array.from({ length: 300_000 }, (_, i) => i % 50_000);
  const short = Array.from({ length: 2000 }, (_, i) => Array.from({ length: 200 }, (_, j) => i + j));
  const all = [[7], long, [8], ...short, long, [9]];
  assert.is(writeTokenFile(path, all, 60_000), all.flat().length);
  const file = new TokenFile(path);
  const expected = Uint16Array.from(all.flat());
  assert.ok(
    Buffer.compare(Buffer.from(file.read(0, file.length).buffer), Buffer.from(expected.buffer)) === 0,
  );
  file.checkVocabulary(50_000);
  refuses(
    () => file.checkVocabulary(49_999),
    path,
    'has id 49999',
    'vocabulary has 49999',
    `token ${1 + 49_999} `,
  );
  file.close();
});

test('an empty file holds no tokens; an odd number of bytes is refused', () => {
  const empty = new TokenFile(put(folder, 'empty.bin', ''));
  assert.is(empty.length, 0);
  empty.checkVocabulary(1);
  empty.close();
  refuses(() => new TokenFile(put(folder, 'odd.bin', 'abc')), 'odd.bin', '3 bytes', 'cut off');
  refuses(() => new TokenFile(`${folder}/none.bin`), 'none.bin', 'no such file');
});

test('a directory is refused', () => {
  refuses(() => new TokenFile(folder), folder, 'directory');
});

test('a file that becomes shorter while it is read is a sentence, not a row of zeros', () => {
  writeTokenFile(path, [[1, 2, 3, 4]], 10);
  const file = new TokenFile(path);
  truncateSync(path, 4);
  refuses(() => file.read(0, 4), path, 'became shorter');
  file.close();
});

test('a vocabulary that 16 bits cannot hold is refused before anything is written', () => {
  const other = `${folder}/large.bin`;
  refuses(() => writeTokenFile(other, [[1]], 65537), '65537', '65,536 at most');
  assert.not.ok(existsSync(other));
});

test('nothing is left of a file whose documents could not all be read, and an older one stays', () => {
  writeTokenFile(path, [[5]], 10);
  const broken = function* (): Generator<number[]> {
    yield [1, 2, 3];
    throw new Error('the reader failed');
  };
  assert.throws(() => writeTokenFile(path, broken(), 10), /the reader failed/);
  assert.equal([...readFileSync(path)], [5, 0]);
  assert.not.ok(readdirSync(folder).some((name) => name.includes('partial')));
  refuses(() => writeTokenFile(`${folder}/no/such/place.bin`, [[1]], 10), 'Cannot write');
});

test.run();
