/** Parquet: files of another program (DuckDB, see parquet/make.mjs), pages and row groups, damage, memory. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readParquet } from '../../../src/data/formats/parquet.ts';
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
  bad(whole.subarray(400), 'row 1'); // the beginning is missing: nothing lies where the footer says
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
