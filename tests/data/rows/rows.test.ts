import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TokenFile, writeTokenFile } from '../../../src/data/bytes/token-file.ts';
import { PretrainRows } from '../../../src/data/rows/pretrain-rows.ts';
import { countTargets, epochOrder, positionsOf, RowStream } from '../../../src/data/rows/rows.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const EOS = 2;
const plain = { context: 4, eosId: EOS, seed: 1, shuffle: false, packing: 'isolated' } as const;

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

test('the order: a permutation, a function of seed and epoch, the natural one without shuffling', () => {
  const order = (seed: number, epoch: number) => [...epochOrder(50, seed, epoch, true)];
  const natural = [...epochOrder(50, 1, 0, false)];
  assert.equal(natural, [...Array(50).keys()]);
  assert.equal(
    order(1, 0).toSorted((a, b) => a - b),
    natural,
  );
  assert.equal(order(1, 0), order(1, 0));
  const different = [natural, order(1, 0), order(1, 1), order(2, 0), order(2, 1)].map(String);
  assert.is(new Set(different).size, different.length);
  assert.is(epochOrder(0, 1, 0, true).length, 0);
  assert.is(epochOrder(3, 4_294_967_295, 1000, true).length, 3); // the largest --seed
});

test('RowStream: epoch after epoch, and any row again later', () => {
  const file = tokens(Array.from({ length: 41 }, (_, i) => i + 3));
  const make = (shuffle: boolean) => new RowStream(new PretrainRows(file, { ...plain, shuffle }));
  const first = (stream: RowStream, n: number) => stream.row(n).inputs[0]!;
  const numbers = [...Array(30).keys()];
  const ordered = make(false);
  assert.equal(
    numbers.map((n) => first(ordered, n)),
    numbers.map((n) => 3 + 4 * (n % 10)),
  );
  const shuffled = make(true);
  const starts = numbers.map((n) => first(shuffled, n));
  const epochs = [0, 10, 20].map((n) => starts.slice(n, n + 10));
  for (const epoch of epochs) {
    assert.equal(
      epoch.toSorted((a, b) => a - b),
      numbers.slice(0, 10).map((n) => 3 + 4 * n),
    );
  }
  assert.is(new Set(epochs.map(String)).size, 3);
  // What a resumed run sees: the same rows without having read those before.
  const resumed = make(true);
  for (const n of [29, 13, 0, 10]) assert.is(first(resumed, n), starts[n]);
});

test('targets that count, and positions that restart with each document', () => {
  const inputs = Int32Array.of(5, 6, 7, 8, 9);
  const row = {
    inputs,
    targets: Int32Array.of(6, -100, 8, 9, -100),
    documents: Uint16Array.of(0, 0, 1, 1, 3),
  };
  assert.is(countTargets(row), 3);
  assert.equal([...positionsOf(row)], [0, 1, 0, 1, 0]);
  assert.equal([...positionsOf({ inputs, targets: row.targets })], [0, 1, 2, 3, 4]);
});

test.run();
