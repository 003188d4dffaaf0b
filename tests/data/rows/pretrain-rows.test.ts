import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TokenFile, writeTokenFile } from '../../../src/data/bytes/token-file.ts';
import { PretrainRows, type PretrainRowsOptions } from '../../../src/data/rows/pretrain-rows.ts';
import { countTargets, positionsOf, type Row } from '../../../src/data/rows/rows.ts';
import { refuses, temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const EOS = 2;
const plain: PretrainRowsOptions = { context: 4, eosId: EOS, seed: 1, shuffle: false, packing: 'isolated' };

let files = 0;
function tokens(...documents: number[][]): TokenFile {
  const path = `${folder}/${files++}.bin`;
  writeTokenFile(
    path,
    documents.map((ids) => [...ids, EOS]),
    65536,
  );
  return new TokenFile(path);
}
const show = ({ inputs, targets, documents }: Row) => [[...inputs], [...targets], [...(documents ?? [])]];
const epochOf = (rows: PretrainRows, epoch = 0) =>
  Array.from({ length: rows.rowsInEpoch() }, (_, i) => rows.row(epoch, i));

test('the example of the file header: </s> closes a document and opens the next', () => {
  const rows = new PretrainRows(tokens([10, 11, 12], [13, 14, 15, 16]), plain);
  assert.equal(epochOf(rows).map(show), [
    [
      [10, 11, 12, EOS],
      [11, 12, EOS, 13],
      [0, 0, 0, 1],
    ],
    [
      [13, 14, 15, 16],
      [14, 15, 16, EOS],
      [0, 0, 0, 0],
    ],
  ]);
});

test('documents and positions begin anew at </s>', () => {
  const rows = new PretrainRows(tokens([10], [11], [12, 13], [14, 15]), { ...plain, context: 8 });
  const row = rows.row(0, 0);
  assert.equal(show(row), [
    [10, EOS, 11, EOS, 12, 13, EOS, 14],
    [EOS, 11, EOS, 12, 13, EOS, 14, 15],
    [0, 1, 1, 2, 2, 2, 3, 3],
  ]);
  assert.equal([...positionsOf(row)], [0, 0, 1, 0, 1, 2, 0, 1]);
});

test('shared packing: no documents, positions run through', () => {
  const rows = new PretrainRows(tokens([10], [11, 12]), { ...plain, packing: 'shared' });
  const row = rows.row(0, 0);
  assert.is(row.documents, undefined);
  assert.equal([...positionsOf(row)], [0, 1, 2, 3]);
  assert.equal([...row.inputs], [10, EOS, 11, 12]);
});

test('every token but the first is predicted exactly once per epoch, after the one before it', () => {
  const documents = Array.from({ length: 40 }, (_, i) =>
    Array.from({ length: i % 7 }, (_, j) => 100 * i + j + 3),
  );
  const file = tokens(...documents);
  for (const context of [3, 4, 7, 16]) {
    for (const shuffle of [false, true]) {
      const rows = new PretrainRows(file, { ...plain, context, shuffle });
      const used = rows.rowsInEpoch() * context;
      assert.ok(file.length - 1 - used < context, 'less than one row is dropped at the end');
      const all = [...file.read(0, used + 1)];
      const pairs = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a, (x, i) => `${x}>${b[i]}`);
      for (const epoch of [0, 1]) {
        const found = epochOf(rows, epoch).flatMap(({ inputs, targets }) => pairs(inputs, targets));
        assert.equal(found.sort(), pairs(all.slice(0, -1), all.slice(1)).sort());
      }
    }
  }
});

test('a corpus shorter than a row: one row, filled up without targets', () => {
  const rows = new PretrainRows(tokens([10, 11]), { ...plain, context: 6 });
  assert.is(rows.rowsInEpoch(), 1);
  const row = rows.row(0, 0);
  assert.equal([...row.inputs].slice(0, 3), [10, 11, EOS]);
  assert.equal([...row.targets], [11, EOS, -100, -100, -100, -100]);
  assert.is(countTargets(row), 2);
  // Nobody in the document sees the filler, and the filler is not part of it.
  assert.ok([...row.documents!].slice(3).every((document) => document !== row.documents![0]));
});

test('a stretch of the file: nothing outside of it is read', () => {
  const file = tokens([10, 11, 12, 13, 14, 15, 16, 17]);
  const training = new PretrainRows(file, { ...plain, context: 2 }, 5);
  const heldOut = new PretrainRows(file, { ...plain, context: 2 }, 9, 5);
  assert.equal(epochOf(training).map(show), [
    [
      [10, 11],
      [11, 12],
      [0, 0],
    ],
    [
      [12, 13],
      [13, 14],
      [0, 0],
    ],
  ]);
  assert.equal(
    epochOf(heldOut).flatMap(({ inputs, targets }) => [...inputs, ...targets]),
    [15, 16, 16, 17],
  );
});

test('fewer than two tokens are refused', () => {
  refuses(() => new PretrainRows(tokens([]), plain), '.bin', 'holds 1 tokens');
  refuses(() => new PretrainRows(tokens([1, 2, 3]), plain, 3, 2), 'holds 1 tokens');
});

test.run();
