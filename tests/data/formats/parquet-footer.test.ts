/** The table of contents: no damage to it makes another file of a file. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parquetRows } from '../../../src/data/formats/parquet.ts';
import { readFooter } from '../../../src/data/formats/parquet-footer.ts';
import { UserError } from '../../../src/errors.ts';
import { parquetOf } from '../every-format.ts';

const records = Array.from({ length: 30 }, (_, i) => ({ prompt: `问${i}`, quality: `质${i % 3}` }));
const whole = parquetOf(records, { rowGroupSize: 12 });
const readFrom = (bytes: Uint8Array) => (start: number, length: number) => bytes.slice(start, start + length);
const footerOf = (bytes: Uint8Array) => readFooter(bytes.length, readFrom(bytes));
const footerBytes = new DataView(whole.buffer, whole.byteOffset).getUint32(whole.length - 8, true);

test('columns and row groups', () => {
  const { tree, groups } = footerOf(whole);
  assert.equal(
    tree.children.map(({ element }) => element.name),
    ['prompt', 'quality'],
  );
  assert.equal(
    groups.map(({ num_rows }) => num_rows),
    [12n, 12n, 6n],
  );
});

test('every bit of it: the same rows and fields, or a sentence', () => {
  let refused = 0;
  const start = whole.length - 8 - footerBytes;
  for (let bit = 8 * start; bit < 8 * whole.length; bit++) {
    const bytes = Uint8Array.from(whole);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    try {
      const found = [...parquetRows('memory', bytes.length, readFrom(bytes), null)].map(({ value }) => value);
      assert.equal(found, records, `bit ${bit - 8 * start} of ${8 * footerBytes}`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refused++;
    }
  }
  assert.ok(refused > 2 * footerBytes, `${refused} of ${8 * footerBytes} refused`);
});

test('cut off at the front, at the end, or with another length', () => {
  for (const bytes of [whole.subarray(0, -1), whole.subarray(1), whole.subarray(0, 7), new Uint8Array(0)])
    assert.throws(() => footerOf(bytes), Error);
  for (const length of [0, footerBytes - 1, footerBytes + 1, 2 ** 32 - 1]) {
    const bytes = Uint8Array.from(whole);
    new DataView(bytes.buffer).setUint32(bytes.length - 8, length, true);
    assert.throws(() => footerOf(bytes), Error);
  }
});

test.run();
