import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultError } from '../../src/errors.ts';
import { eachPiece, readBytes, readText } from '../../src/storage/read-file.ts';
import { put, refuses, temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();

test('bytes as they are, text without a byte order mark', () => {
  const path = put(folder, 'a.txt', '\uFEFF汉\r\n');
  assert.equal([...readBytes(path)], [0xef, 0xbb, 0xbf, 0xe6, 0xb1, 0x89, 13, 10]);
  assert.is(readText(path), '汉\r\n');
});

test('what cannot be read is one sentence', () => {
  refuses(() => readBytes(`${folder}/none`), `Cannot read ${folder}/none: there is no such file`);
  refuses(() => readText(folder), `Cannot read ${folder}: it is a directory`);
});

test('files of any size are read whole and in pieces', () => {
  const path = join(folder, 'file');
  for (const size of [0, 1, (4 << 20) - 1, 4 << 20, (9 << 20) + 3]) {
    const bytes = new Uint8Array(size).map((_, i) => (i * 31) >> 5);
    writeFileSync(path, bytes);
    const pieces: number[] = [];
    const hash = createHash('sha256');
    eachPiece(path, (piece) => {
      pieces.push(piece.length);
      hash.update(piece);
    });
    assert.is(Buffer.compare(readBytes(path), bytes), 0);
    assert.is(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
    assert.is(
      pieces.reduce((sum, length) => sum + length, 0),
      size,
    );
    assert.ok(pieces.every((length) => length <= 4 << 20));
  }
});

test('what would never end, or be waited for, is refused; what is too large for the memory is a fault', () => {
  const path = join(folder, 'pipe');
  if (process.platform === 'linux') {
    spawnSync('mkfifo', [path]);
    refuses(() => readBytes(path), `Cannot read ${path}: it is a named pipe`);
    refuses(() => readText('/dev/zero'), 'Cannot read /dev/zero: it is a device');
    assert.match(readText('/proc/self/status'), /^Name:/); // says that it has no bytes
  }
  const large = join(folder, 'large');
  writeFileSync(large, '');
  truncateSync(large, 2 ** 40); // a hole: takes no room
  try {
    readBytes(large);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, FaultError);
    assert.match((error as Error).message, /no memory for its 1,099,511,627,776 bytes$/);
  }
});

test.run();
