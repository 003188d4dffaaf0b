/** slice, pad, split, concat, stack: gradients, goldens, properties, errors. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { arange, concat, stack, tensor, zeros } from '../../../src/tensor/index.ts';
import { throwsWith } from '../fixtures.ts';
import { element, indices, layout, made, matches, runs, seed, shapes } from '../naive.ts';
import { errorTests, goldenTests, gradientTests } from './families.ts';

gradientTests(
  [
    { name: 'slice', inputs: [[4, 3]], fn: (x) => x.slice(0, 1, 3) },
    { name: 'slice, negative positions', inputs: [[2, 5]], fn: (x) => x.slice(-1, -4, -1) },
    { name: 'slice to the end', inputs: [[4, 3]], fn: (x) => x.slice(0, 2) },
    { name: 'slice of a slice', inputs: [[5, 4]], fn: (x) => x.slice(0, 1).slice(1, 1, 3).slice(0, 0, 2) },
    { name: 'empty slice beside a full one', inputs: [[4, 3]], fn: (x) => concat([x.slice(0, 2, 2), x]) },
    { name: 'overlapping slices', inputs: [[5]], fn: (x) => x.slice(0, 0, 4).mul(x.slice(0, 1)) },
    { name: 'pad', inputs: [[2, 3]], fn: (x) => x.pad(1, 2, 1) },
    { name: 'pad by nothing', inputs: [[2, 3]], fn: (x) => x.pad(0, 0, 0) },
    { name: 'split', inputs: [[6, 2]], fn: (x) => x.split([1, 3, 2])[1]!.square() },
    {
      name: 'split, all parts used differently',
      inputs: [[2, 6]],
      fn: (x) => {
        const [a, b, c] = x.split([1, 3, 2], -1);
        return concat([c!.mul(3), a!.square(), b!.neg()], 1);
      },
    },
    {
      name: 'concat along 0',
      inputs: [
        [2, 3],
        [1, 3],
        [4, 3],
      ],
      fn: (...parts) => concat(parts),
    },
    {
      name: 'concat along -1',
      inputs: [
        [2, 3],
        [2, 1],
      ],
      fn: (...parts) => concat(parts, -1),
    },
    {
      name: 'concat along the middle',
      inputs: [
        [2, 1, 3],
        [2, 2, 3],
      ],
      fn: (...parts) => concat(parts, 1),
    },
    { name: 'concat of one', inputs: [[2, 3]], fn: (x) => concat([x]) },
    { name: 'concat with itself', inputs: [[2, 3]], fn: (x) => concat([x, x.square(), x]) },
    {
      name: 'stack in front',
      inputs: [
        [2, 3],
        [2, 3],
      ],
      fn: (...parts) => stack(parts),
    },
    {
      name: 'stack at the end',
      inputs: [
        [2, 3],
        [2, 3],
      ],
      fn: (...parts) => stack(parts, -1),
    },
  ],
  3,
);

goldenTests('slice');

test('slice, pad and concat: random shapes and layouts against a formula for each element', () => {
  fc.assert(
    fc.property(shapes, layout, seed, fc.nat(1000), (shape, how, draw, choice) => {
      const x = made(shape, how, draw);
      if (shape.length === 0) return;
      const axis = choice % shape.length;
      const n = shape[axis]!;
      const [start, end] = [choice % (n + 1), n - (choice % (n - (choice % (n + 1)) + 1))];
      const change = (m: number) => shape.with(axis, m);
      matches(x.slice(axis, start, end), change(end - start), (index) =>
        element(x, index.with(axis, index[axis]! + start)),
      );
      const padded = x.pad(axis - shape.length, 2, 1);
      matches(padded, change(n + 3), (index) => {
        const i = index[axis]! - 2;
        return i < 0 || i >= n ? 0 : element(x, index.with(axis, i));
      });
      const parts = [x.slice(axis, 0, start), x, x.slice(axis, start)];
      matches(concat(parts, axis), change(2 * n), (index) => {
        const i = index[axis]!;
        return element(x, index.with(axis, i < start ? i : i < start + n ? i - start : i - n));
      });
    }),
    { ...runs, numRuns: 120 },
  );
});

test('slice: every start and end of every length, on every axis counted from either side, as the slices of arrays', () => {
  for (let n = 0; n <= 4; n++) {
    const list = Array.from({ length: n }, (_, i) => i);
    for (const [axis, x] of [
      [0, arange(n)],
      [-1, arange(n)],
      [0, arange(2 * n).reshape([n, 2])],
      [-2, arange(2 * n).reshape([n, 2])],
      [1, arange(2 * n).reshape([2, n])],
      [
        -1,
        arange(2 * n)
          .reshape([n, 2])
          .transpose(),
      ],
    ] as const) {
      const at = axis < 0 ? axis + x.rank : axis;
      for (let start = -n - 1; start <= n + 1; start++) {
        for (const end of [...Array.from({ length: 2 * n + 3 }, (_, i) => i - n - 1), undefined]) {
          const from = start < 0 ? start + n : start;
          const to = end === undefined ? n : end < 0 ? end + n : end;
          const fits = from >= 0 && to <= n && from <= to;
          if (!fits) {
            throwsWith(() => x.slice(axis, start, end), `slice: ${start}..${end ?? ''}`);
            continue;
          }
          const expected = list.slice(from, to); // the places along the axis
          const y = x.slice(axis, start, end);
          assert.equal([...y.shape], [...x.shape.with(at, expected.length)]);
          const values = [...indices(y.shape)].map((index) =>
            element(x, index.with(at, expected[index[at]!]!)),
          );
          assert.equal([...y.toArray()], values, `${start}..${end} of ${n}`);
        }
      }
    }
  }
});

test('slice: the ends that are easily confused', () => {
  const x = arange(4);
  for (const [start, end, expected] of [
    [0, -1, [0, 1, 2]],
    [0, 0, []],
    [-1, undefined, [3]],
    [-1, 4, [3]],
    [4, undefined, []],
    [4, 4, []],
    [-4, -4, []],
    [-4, -1, [0, 1, 2]],
    [3, -1, []],
  ] as const) {
    assert.equal([...x.slice(0, start, end).toArray()], [...expected], `${start}..${end}`);
  }
  assert.is(x.slice(0, 0), x, 'all of it is the tensor itself');
  assert.is(x.slice(0, -4, 4), x);
});

test('pad and slice undo each other, for any number of zeros on either side, on every axis', () => {
  const x = arange(6).reshape([2, 3]).add(1);
  for (const axis of [0, 1, -1, -2]) {
    const at = axis < 0 ? axis + 2 : axis;
    for (const before of [0, 1, 3]) {
      for (const after of [0, 1, 2]) {
        const padded = x.pad(axis, before, after);
        const n = x.shape[at]!;
        assert.equal([...padded.shape], [...x.shape.with(at, before + n + after)]);
        assert.equal([...padded.slice(axis, before, before + n).toArray()], [...x.toArray()]);
        assert.is(padded.sum().item(), 21);
      }
    }
  }
});

test('split and concat undo each other', () => {
  const x = arange(12).reshape([2, 6]);
  for (const lengths of [[6], [1, 5], [0, 2, 0, 4], [2, 2, 2], [5, 1, 0]]) {
    const parts = x.split(lengths, -1);
    assert.equal(
      parts.map(({ shape }) => shape[1]),
      lengths,
    );
    assert.equal([...concat(parts, 1).toArray()], [...x.toArray()]);
    assert.equal([...concat(parts, -1).toArray()], [...x.toArray()]);
  }
});

test('stack places the new axis where it was asked for', () => {
  const x = arange(6).reshape([2, 3]);
  assert.equal(
    [0, 1, -1].map((axis) => stack([x, x, x, x], axis).shape),
    [
      [4, 2, 3],
      [2, 4, 3],
      [2, 3, 4],
    ],
  );
  assert.equal([...stack([tensor([1, 2]), tensor([3, 4])], 1).toArray()], [1, 3, 2, 4]);
});

const a = zeros([2, 3]);
const b = zeros([4, 5]);
errorTests([
  ['slice past the end', () => a.slice(1, 0, 4), 'slice', '0..4', '[2, 3]'],
  ['slice before the start', () => a.slice(1, -4), 'slice', '-4', '[2, 3]'],
  ['slice backwards', () => a.slice(1, 2, 1), 'slice', '2..1', '[2, 3]'],
  ['slice, fraction', () => a.slice(1, 0.5), 'slice', '0.5', '[2, 3]'],
  ['slice, axis', () => a.slice(2, 0), 'slice', 'axis 2', '[2, 3]'],
  ['pad, negative', () => a.pad(1, -1, 0), 'pad', '-1', '[2, 3]'],
  ['pad, negative at the end', () => a.pad(0, 0, -1), 'pad', '-1', '[2, 3]'],
  ['pad, fraction', () => a.pad(0, 0.5, 0), 'pad', '0.5', '[2, 3]'],
  ['split, wrong total', () => a.split([1, 1], 1), 'split', '[1, 1]', '[2, 3]'],
  ['split, negative length', () => a.split([-1, 4], 1), 'split', '[-1, 4]', '[2, 3]'],
  ['concat, other axis', () => concat([a, b]), 'concat', '[2, 3]', '[4, 5]'],
  ['concat, rank', () => concat([a, zeros([3])]), 'concat', '[2, 3]', '[3]'],
  ['concat of nothing', () => concat([]), 'concat', 'nothing'],
  ['stack', () => stack([zeros([2]), zeros([3])]), '[1, 2]', '[1, 3]'],
]);

test.run();
