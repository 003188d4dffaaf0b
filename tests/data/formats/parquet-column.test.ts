/** Columns of parquet files: pages, dictionaries and lists that go over their borders; what is read when. */
import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parquetRows, readParquet } from '../../../src/data/formats/parquet.ts';
import { Random } from '../../../src/tensor/index.ts';
import { parquetOf } from '../every-format.ts';
import { put, temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const valuesOf = (path: string) => [...readParquet(path)].map(({ value }) => value);

test('several pages and row groups of our own making, also one value per page', () => {
  const records = Array.from({ length: 700 }, (_, i) => ({ a: `甲${i}`.repeat(i % 13), b: `乙${i % 3}` }));
  for (const options of [{}, { rowGroupSize: 100 }, { pageSize: 1 }, { rowGroupSize: 33, pageSize: 200 }])
    assert.equal(valuesOf(put(folder, 'own.parquet', parquetOf(records, options))), records);
  assert.equal(valuesOf(put(folder, 'none.parquet', parquetOf([]))), []);
});

/** A list of messages per row, some empty or null, as columns role and content below list.element. */
const messagesSchema: SchemaElement[] = [
  { name: 'root', num_children: 1 },
  { name: 'chosen', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 },
  ...['role', 'content'].map((name): SchemaElement => {
    return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' };
  }),
];

test('lists of structures over many pages and row groups, lists that begin in one page and end in the next', () => {
  const lists = Array.from({ length: 300 }, (_, i) => {
    if (i % 17 === 0) return i % 2 === 0 ? [] : null;
    return Array.from({ length: i % 6 }, (_, j) => ({
      role: j % 2 === 0 ? 'user' : 'assistant',
      content: `第${i}行第${j}句`.repeat(1 + (j % 3)),
    }));
  });
  for (const options of [{}, { pageSize: 1 }, { pageSize: 100 }, { pageSize: 300, rowGroupSize: 70 }]) {
    const columnData = [{ name: 'chosen', data: lists }];
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData, schema: messagesSchema, ...options }));
    const found = valuesOf(put(folder, 'lists.parquet', bytes));
    assert.equal(
      found,
      lists.map((chosen) => ({ chosen })),
    );
  }
});

test('a column is read page by page: what has been read when a row is taken is little more than its page', () => {
  const random = new Random(1);
  const text = () => String.fromCharCode(...Array.from({ length: 500 }, () => 0x4e00 + random.int(20_000)));
  const records = Array.from({ length: 2000 }, () => ({ text: text(), other: text() }));
  const bytes = parquetOf(records, { rowGroupSize: 2000, pageSize: 1 << 16 });
  let read = 0;
  const readAt = (start: number, length: number) => {
    read += length;
    return bytes.slice(start, start + length);
  };
  const first = bytes.length / 20;
  let count = 0;
  for (const { value } of parquetRows('memory', bytes.length, readAt, null)) {
    assert.is(value.text, records[count]!.text);
    assert.is(value.other, records[count]!.other);
    count++;
    assert.ok(read < first + (1.1 * bytes.length * count) / 2000, `${read} bytes read for ${count} rows`);
  }
  assert.is(count, 2000);
  assert.ok(bytes.length > 5e6);
});

test.run();
