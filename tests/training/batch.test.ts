import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Row } from '../../src/data/rows/rows.ts';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import type { Tensor } from '../../src/tensor/index.ts';
import { toBatch } from '../../src/training/batch.ts';
import { allClose } from '../close.ts';
import { tinyModel } from './tiny.ts';

const numbers = (tensor: Tensor | undefined) => tensor && [...tensor.toArray()];
const row = (inputs: number[], targets: number[], documents?: number[]): Row => ({
  inputs: Int32Array.from(inputs),
  targets: Int32Array.from(targets),
  ...(documents === undefined ? {} : { documents: Uint16Array.from(documents) }),
});

test('ids, positions of each document, and only the targets that count with their places', () => {
  const rows = [row([5, 6, 7], [-100, 7, 8], [0, 0, 1]), row([9, 10, 11], [10, -100, -100], [0, 1, 1])];
  const batch = toBatch(rows);
  assert.equal(batch.ids.shape, [2, 3]);
  assert.is(batch.ids.dtype, 'int32');
  assert.equal(numbers(batch.ids), [5, 6, 7, 9, 10, 11]);
  assert.equal(numbers(batch.options.positions), [0, 1, 0, 0, 0, 1]);
  assert.equal(numbers(batch.targets), [7, 8, 10]);
  assert.equal(numbers(batch.targetRows), [1, 2, 3]);
  assert.equal(
    batch.options.documents?.map((documents) => [...Array.from(documents)]),
    [
      [0, 0, 1],
      [0, 1, 1],
    ],
  );
});

test('targets that count differently lie in groups, and what counts nothing is left out', () => {
  const weighted = (weights: number[], ...given: Parameters<typeof row>): Row => ({
    ...row(...given),
    weights: Float32Array.from(weights),
  });
  const batch = toBatch([
    weighted([0.5, 1, 0.5], [5, 6, 7], [6, 7, 8]),
    row([9, 10, 11], [10, -100, 12]),
    weighted([0, 0.5, 1], [1, 2, 3], [2, 3, 4]),
  ]);
  assert.equal(batch.groups, [
    { weight: 0.5, size: 3 },
    { weight: 1, size: 4 },
  ]);
  assert.equal(numbers(batch.targets), [6, 8, 3, 7, 10, 12, 4]);
  assert.equal(numbers(batch.targetRows), [0, 2, 7, 1, 3, 5, 8]);
  assert.is(batch.count, 5.5);
  assert.is(toBatch([row([5, 6], [6, 7])]).groups, undefined);
});

test('without documents the model counts positions itself', () => {
  const batch = toBatch([row([5, 6], [6, 7])]);
  assert.is(batch.options.documents, undefined);
  assert.is(batch.options.positions, undefined);
  assert.equal(numbers(batch.targets), [6, 7]);
});

test('no targets at all: empty tensors', () => {
  const batch = toBatch([row([5, 6], [-100, -100])]);
  assert.equal([batch.targets.shape, batch.targetRows.shape], [[0], [0]]);
});

test('documents packed into one row score like separate rows', () => {
  const model = tinyModel().eval();
  const packed = toBatch([row([10, 11, 12, 20, 21, 22], [11, 12, 13, 21, 22, 23], [0, 0, 0, 1, 1, 1])]);
  const apart = toBatch([row([10, 11, 12], [11, 12, 13]), row([20, 21, 22], [21, 22, 23])]);
  const shared = toBatch([row([10, 11, 12, 20, 21, 22], [11, 12, 13, 21, 22, 23])]);
  const loss = (batch: typeof packed) => [maskedCrossEntropy(model, batch, 1).item()];
  allClose(loss(packed), loss(apart), { relative: 1e-6 });
  assert.ok(Math.abs(loss(packed)[0]! - loss(shared)[0]!) > 1e-5, 'with sight of each other it differs');
});

test('every target but the ignored one counts, token 0 as well; the filler of a row does not, its last token does', () => {
  const batch = toBatch([
    { ...row([5, 0, 7, 0], [0, -100, 0, -100]), length: 3 },
    row([1, 2, 3, 4], [2, 3, 4, 0]),
  ]);
  assert.equal(numbers(batch.targets), [0, 0, 2, 3, 4, 0]);
  assert.equal(numbers(batch.targetRows), [0, 2, 4, 5, 6, 7]);
  assert.is(batch.count, 6);
  assert.equal(
    batch.options.counted!.map((counted) => Array.from(counted)),
    [
      [1, 1, 1, 0],
      [1, 1, 1, 1],
    ],
  );
});

test.run();
