/** Parquet: files of another program (DuckDB, see parquet/make.mjs), pages and row groups, damage, memory. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parquetRows, readParquet } from '../../../src/data/formats/parquet.ts';
import { UserError } from '../../../src/errors.ts';
import { parquetOf } from '../every-format.ts';
import { put, refuses, temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const made = (name: string) => fileURLToPath(new URL(`../parquet/${name}.parquet`, import.meta.url));
const valuesOf = (path: string, wanted?: ReadonlySet<string>) =>
  [...readParquet(path, wanted)].map(({ value }) => value);

/** Row i of the files that DuckDB wrote. */
const rowOf = (i: number) => ({
  prompt: `问题${i}`,
  note: i % 7 === 0 ? null : `好的，第${i}个`,
  chosen:
    i % 11 === 0
      ? []
      : [
          { role: 'user', content: `问题${i}` },
          { role: 'assistant', content: `答${i}` },
        ],
  n: BigInt(i),
  score: i / 4,
});
const rows = (count: number) => Array.from({ length: count }, (_, i) => rowOf(i));

for (const codec of ['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4_raw']) {
  test(`DuckDB's files, ${codec}: texts, nulls, lists of structures, numbers`, () => {
    for (const version of ['v1', 'v2'])
      assert.equal(valuesOf(made(`${codec}-${version}`)), rows(40), version);
    const wrong = rows(40).map((row, i) => (i === 39 ? { ...row, score: row.score + 1e-9 } : row));
    assert.not.equal(valuesOf(made(`${codec}-v1`)), wrong); // control
  });
}

test("PyArrow's files: a checksum on every page, differences, shared beginnings, split bytes", () => {
  for (const name of ['crc-v1', 'crc-v2', 'deltas']) assert.equal(valuesOf(made(name)), rows(40), name);
});

/** File, place of a byte, and what is changed in it: each of them sent the reader round in circles or ended the process. */
const DEADLY: readonly (readonly [string, number, number])[] = [
  ['brotli-v1', 134, 0x80],
  ['brotli-v1', 139, 0x10],
  ['brotli-v1', 173, 0xff],
  ['brotli-v2', 138, 0x01],
  ['brotli-v2', 140, 0x80],
  ['brotli-v2', 143, 0x01],
  ['gzip-v1', 461, 0x01],
  ['gzip-v2', 482, 0x01],
  ['gzip-v2', 866, 0x10],
  ['gzip-v2', 869, 0x01],
  ['gzip-v2', 893, 0x01],
  ['lz4_raw-v2', 1023, 0x10],
  ['uncompressed-v2', 2093, 0x10],
  ['zstd-v1', 438, 0x10],
  ['zstd-v1', 590, 0x80],
  ['zstd-v1', 650, 0xff],
  ['zstd-v2', 470, 0x10],
  ['zstd-v2', 811, 0x10],
  ['zstd-v2', 869, 0xff],
];

test('one damaged byte that kept the reader busy for ever, or ended the process, is refused', () => {
  for (const [name, at, change] of DEADLY) {
    const bytes = readFileSync(made(name));
    bytes[at]! ^= change; // it is within the file
    const path = put(folder, `${name}-${at}.parquet`, bytes);
    refuses(() => valuesOf(path), path, 'cannot be read');
  }
});

test('where pages have checksums, a damaged byte (every other one) is refused or changes nothing', () => {
  const wanted = new Set(['prompt', 'note', 'n']);
  for (const name of ['crc-v1', 'crc-v2', 'deltas']) {
    const whole = readFileSync(made(name));
    const expected = valuesOf(made(name), wanted);
    let refused = 0;
    for (let at = 0; at < whole.length; at += 2) {
      const bytes = Uint8Array.from(whole);
      bytes[at]! ^= 1 << ((at * 5) % 8);
      const readAt = (start: number, length: number) => bytes.slice(start, start + length);
      try {
        const found = [...parquetRows('memory', bytes.length, readAt, wanted)].map(({ value }) => value);
        assert.equal(found, expected, `${name}, byte ${at}`);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        refused++;
      }
    }
    assert.ok(refused > whole.length / 6, `${refused} refused`);
  }
});

test('several row groups follow each other', () => {
  const found = [...readParquet(made('row-groups'))];
  assert.is(found.length, 5000);
  for (const i of [0, 2047, 2048, 4095, 4096, 4999]) {
    assert.equal(found[i]!.value, rowOf(i));
    assert.is(found[i]!.place, `${made('row-groups')}: row ${i + 1}`);
  }
  assert.equal(
    found.map(({ value }) => value),
    rows(5000),
  );
});

test('columns that are not wanted are there by name only, and their bytes are not looked at', () => {
  const records = Array.from({ length: 50 }, (_, i) => ({ meta: `元${i}`, text: `文${i}` }));
  const bytes = parquetOf(records);
  bytes.fill(255, 4, 40); // the first column lies first
  const path = put(folder, 'meta.parquet', bytes);
  assert.equal(
    valuesOf(path, new Set(['text'])),
    records.map(({ text }) => ({ meta: undefined, text })),
  );
  refuses(() => valuesOf(path, new Set(['meta'])), `${path}: row 1: the column "meta" cannot be read`);
});

test('bytes that are not UTF-8 are refused with row and column, not replaced', () => {
  const path = put(folder, 'utf8.parquet', parquetOf([{ a: 'xyz', b: 'ABCDEFGH' }]));
  const bytes = readFileSync(path);
  for (let at = bytes.indexOf('ABCDEFGH'); at !== -1; at = bytes.indexOf('ABCDEFGH', at + 1))
    bytes[at] = 0xff;
  writeFileSync(path, bytes);
  refuses(() => valuesOf(path), `${path}: row 1: the column "b" cannot be read`, 'not UTF-8');
});

test('what is cut off, empty, encrypted or not a parquet file is refused with a sentence', () => {
  const whole = readFileSync(made('snappy-v1'));
  const bad = (content: Uint8Array | string, ...parts: string[]) => {
    const path = put(folder, 'bad.parquet', content);
    refuses(() => valuesOf(path), path, 'cannot be read', ...parts);
  };
  bad('', 'too short');
  bad('{"text":"这不是"}\n', 'does not end with PAR1');
  bad(whole.subarray(0, 1000), 'cut off');
  bad(Buffer.concat([whole.subarray(0, -4), Buffer.from('PARE')]), 'encrypted');
  bad(
    Buffer.concat([whole.subarray(0, -8), Buffer.from([255, 255, 255, 127]), Buffer.from('PAR1')]),
    'makes no sense',
  );
  bad(whole.subarray(400), 'lies where no column can'); // the beginning is missing
  refuses(() => valuesOf(folder), 'is a directory');
});

test('200 damaged files: rows or a sentence, never another error', () => {
  let [sentences, readable] = [0, 0];
  for (let i = 0; i < 200; i++) {
    const bytes = readFileSync(made(i % 2 === 0 ? 'zstd-v2' : 'snappy-v1'));
    const at = i < 100 ? (i * 7919) % bytes.length : bytes.length - 1 - ((i * 31) % 900);
    bytes[at]! ^= 0x5a;
    const path = put(folder, 'damaged.parquet', bytes);
    try {
      readable += valuesOf(path).length >= 0 ? 1 : 0;
    } catch {
      refuses(() => valuesOf(path), path, 'cannot be read');
      sentences++;
    }
  }
  assert.ok(sentences > 100, `${sentences} refused, ${readable} readable`);
});

test.run();
