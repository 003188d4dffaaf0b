/** reshape, permute, transpose, squeeze, unsqueeze, contiguous, clone: gradients, goldens, properties, shared memory, errors. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { arange, zeros } from '../../../src/tensor/index.ts';
import { sizeOf } from '../../../src/tensor/shape.ts';
import { allClose } from '../../close.ts';
import { element, indices, layout, made, matches, runs, seed, shapes } from '../naive.ts';
import { errorTests, goldenTests, gradientTests } from './families.ts';

gradientTests(
  [
    { name: 'reshape', inputs: [[2, 3, 4]], fn: (x) => x.reshape([4, 6]) },
    { name: 'reshape with -1', inputs: [[2, 3, 4]], fn: (x) => x.reshape([-1, 8]) },
    { name: 'reshape to one number', inputs: [[1, 1]], fn: (x) => x.reshape([]) },
    { name: 'reshape from one number', inputs: [[]], fn: (x) => x.reshape([1, 1]) },
    {
      name: 'reshape of a permuted tensor',
      inputs: [[2, 3, 4]],
      fn: (x) => x.permute([2, 0, 1]).reshape([6, 4]),
    },
    { name: 'permute', inputs: [[2, 3, 4]], fn: (x) => x.permute([2, 0, 1]) },
    { name: 'permute, negative axes', inputs: [[2, 3, 4]], fn: (x) => x.permute([-1, 0, -2]) },
    { name: 'transpose', inputs: [[2, 3, 4]], fn: (x) => x.transpose() },
    { name: 'transpose of named axes', inputs: [[2, 3, 4]], fn: (x) => x.transpose(0, -1) },
    { name: 'squeeze', inputs: [[2, 1, 4]], fn: (x) => x.squeeze(1) },
    { name: 'squeeze, negative axis', inputs: [[2, 4, 1]], fn: (x) => x.squeeze(-1) },
    { name: 'unsqueeze in front', inputs: [[2, 3]], fn: (x) => x.unsqueeze(0) },
    { name: 'unsqueeze at the end', inputs: [[2, 3]], fn: (x) => x.unsqueeze(-1) },
    { name: 'contiguous', inputs: [[3, 4]], fn: (x) => x.transpose().contiguous() },
    { name: 'clone', inputs: [[3, 4]], fn: (x) => x.clone() },
  ],
  3,
);

goldenTests('shape');

test('permute and reshape: random shapes and layouts against a formula for each element', () => {
  fc.assert(
    fc.property(shapes, layout, seed, fc.nat(1000), (shape, how, draw, choice) => {
      const x = made(shape, how, draw);
      const order = shape.map((_, axis) => axis);
      for (let i = order.length - 1; i > 0; i--) order.push(...order.splice(choice % (i + 1), 1));
      const permuted = order.map((axis) => shape[axis]!);
      const source = (index: number[]) => shape.map((_, axis) => index[order.indexOf(axis)]!);
      matches(x.permute(order), permuted, (index) => element(x, source(index)));
      allClose(
        x.reshape([sizeOf(shape)]).toArray(),
        [...indices(shape)].map((index) => element(x, index)),
      );
      const flat = [...indices(permuted)].map((index) => element(x, source(index)));
      allClose(
        x
          .permute(order)
          .reshape([sizeOf(shape)])
          .toArray(),
        flat,
      );
    }),
    { ...runs, numRuns: 120 },
  );
});

test('unsqueeze places the new axis where it was asked for', () => {
  const x = arange(6).reshape([2, 3]);
  assert.equal(
    [0, 1, 2, -1, -3].map((axis) => x.unsqueeze(axis).shape),
    [
      [1, 2, 3],
      [2, 1, 3],
      [2, 3, 1],
      [2, 3, 1],
      [1, 2, 3],
    ],
  );
});

test('views share memory, copies do not', () => {
  const x = arange(12).reshape([3, 4]);
  for (const view of [
    x.reshape([12]),
    x.transpose(),
    x.slice(0, 1),
    x.unsqueeze(0),
    x.unsqueeze(0).squeeze(0),
    x.slice(0, 0, 1).expand([5, 4]),
    x.detach(),
    x.contiguous(),
    x.slice(0, 1).reshape([2, 2, 2]),
  ]) {
    assert.is(view.data, x.data);
  }
  for (const copy of [x.clone(), x.transpose().contiguous(), x.transpose().reshape([12]), x.add(0)]) {
    assert.is.not(copy.data, x.data);
  }
});

const a = zeros([2, 3]);
errorTests([
  ['reshape', () => a.reshape([4]), 'reshape', '[2, 3]', '[4]'],
  ['permute, too few', () => a.permute([0]), 'permute', '[0]', '[2, 3]'],
  ['permute, twice', () => a.permute([0, 0]), 'permute', '[0, 0]', '[2, 3]'],
  ['permute, outside', () => a.permute([0, 2]), 'permute', 'axis 2', '[2, 3]'],
  ['transpose of a vector', () => zeros([3]).transpose(), 'transpose', '[3]'],
  ['squeeze', () => a.squeeze(1), 'squeeze', 'axis 1', '[2, 3]', '3'],
  ['unsqueeze', () => a.unsqueeze(4), 'unsqueeze', '4', '[2, 3]'],
  ['unsqueeze, negative', () => a.unsqueeze(-4), 'unsqueeze', '-4', '[2, 3]'],
]);

test.run();
