/** Files in pieces: packed or not, left early, cut off. */
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inBytes, openForReading, readChunks } from '../../../src/data/bytes/chunks.ts';
import { readLines } from '../../../src/data/bytes/lines.ts';
import { readRecords } from '../../../src/data/formats/records.ts';
import { put, refuses, temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const valuesOf = (path: string) => [...readRecords(path)].map(({ value }) => value);

test('the pieces of a file are its bytes, packed or not, none larger than a megabyte of it', () => {
  const bytes = Buffer.from(Array.from({ length: 2_500_000 }, (_, i) => (i * i) % 251));
  const pieces = [...readChunks(put(folder, 'plain', bytes))];
  assert.equal(
    pieces.map(({ length }) => length),
    [1 << 20, 1 << 20, bytes.length - (2 << 20)],
  );
  assert.ok(Buffer.concat(pieces).equals(bytes));
  assert.ok(Buffer.concat([...readChunks(put(folder, 'packed.gz', gzipSync(bytes)))]).equals(bytes));
  assert.equal([...readChunks(put(folder, 'empty', ''))], []);
});

test('.gz: what is cut off or not gzip is refused, nothing packed is nothing', () => {
  const whole = gzipSync('{"text":"一"}\n'.repeat(5000));
  const bad = (content: Uint8Array, ...parts: string[]) =>
    refuses(() => valuesOf(put(folder, 'bad.jsonl.gz', content)), 'bad.jsonl.gz', ...parts);
  bad(whole.subarray(0, 60), 'cut off');
  bad(whole.subarray(0, 9), 'cut off');
  bad(whole.subarray(0, -8), 'cut off');
  bad(whole.subarray(0, -1), 'cut off');
  bad(new Uint8Array(0), 'cut off');
  bad(Buffer.from('{"text":"一"}\n'.repeat(10)), 'not a gzip file');
  assert.equal(valuesOf(put(folder, 'empty.jsonl.gz', gzipSync(''))), []);
});

test('a reader that is left early closes its file', () => {
  const path = put(folder, 'many.txt', 'a\n'.repeat(10));
  for (let i = 0; i < 3000; i++) for (const _ of readLines(path)) break;
});

test('a missing file, a directory, a file as a directory: one sentence each', () => {
  refuses(() => [...readLines(`${folder}/none.txt`)], `${folder}/none.txt`, 'there is no such file');
  refuses(() => [...readLines(folder)], folder, 'is a directory');
  const file = put(folder, 'a.txt', '');
  refuses(() => [...readLines(`${file}/b.txt`)], 'not a directory');
});

test('sizes and open files in words', () => {
  assert.is(inBytes(268_435_456), '268,435,456 bytes');
  refuses(() => openForReading(folder), `${folder} is a directory; a file is needed here`);
});

test.run();
