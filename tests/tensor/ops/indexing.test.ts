/** gather, scatterAdd, embedding, indexSelect: gradients, goldens, properties, errors. */
import fc from 'fast-check';
import { test } from 'uvu';
import { fromArray, scatterAdd, zeros } from '../../../src/tensor/index.ts';
import { ids, throwsWith } from '../fixtures.ts';
import { element, indices, layout, made, matches, runs, seed } from '../naive.ts';
import { errorTests, goldenTests, gradientTests } from './families.ts';

gradientTests(
  [
    {
      name: 'gather along -1',
      inputs: [[2, 4]],
      fn: (x) =>
        x.gather(
          -1,
          ids([
            [0, 3, 3],
            [1, 1, 1],
          ]),
        ),
    },
    {
      name: 'gather along 0',
      inputs: [[3, 2]],
      fn: (x) =>
        x.gather(
          0,
          ids([
            [2, 0],
            [2, 1],
            [0, 0],
            [1, 2],
          ]),
        ),
    },
    {
      name: 'gather with an index in another layout',
      inputs: [[3, 2]],
      fn: (x) =>
        x.gather(
          0,
          ids([
            [2, 2, 0, 1],
            [0, 1, 0, 2],
          ]).transpose(),
        ),
    },
    {
      name: 'scatterAdd along -1',
      inputs: [[2, 3]],
      fn: (s) =>
        scatterAdd(
          [2, 4],
          -1,
          ids([
            [0, 3, 3],
            [1, 1, 1],
          ]),
          s,
        ),
    },
    {
      name: 'scatterAdd along 0',
      inputs: [[3, 2]],
      fn: (s) =>
        scatterAdd(
          [2, 2],
          0,
          ids([
            [1, 0],
            [1, 1],
            [0, 0],
          ]),
          s,
        ),
    },
    {
      name: 'embedding',
      inputs: [[5, 3]],
      fn: (table) =>
        table.embedding(
          ids([
            [4, 0],
            [4, 4],
            [2, 0],
          ]),
        ),
    },
    { name: 'embedding of one id', inputs: [[5, 3]], fn: (table) => table.embedding(ids(3)) },
    {
      name: 'embedding by strided ids',
      inputs: [[5, 3]],
      fn: (t) =>
        t.embedding(
          ids([
            [4, 0],
            [4, 1],
          ]).transpose(),
        ),
    },
    { name: 'indexSelect along 0', inputs: [[3, 2, 2]], fn: (x) => x.indexSelect(0, ids([2, 2, 0])) },
    { name: 'indexSelect along 1', inputs: [[2, 3, 2]], fn: (x) => x.indexSelect(1, ids([2, 2, 0, 1])) },
    { name: 'indexSelect along -1', inputs: [[2, 3]], fn: (x) => x.indexSelect(-1, ids([1])) },
  ],
  3,
);

goldenTests('indexing');

test('gather, scatterAdd, indexSelect and embedding', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      layout,
      seed,
      fc.nat(2),
      fc.nat(5),
      (shape, how, draw, pick, count) => {
        const x = made(shape, how, draw);
        const axis = pick % shape.length;
        const n = shape[axis]!;
        const chosen = shape.with(axis, count);
        const id = (index: number[]) => (index.reduce((a, b) => a * 7 + b, draw) * 13) % n;
        const index = fromArray(Int32Array.from(indices(chosen), id), chosen);
        matches(x.gather(axis, index), chosen, (i) => element(x, i.with(axis, id(i))));
        const source = made(chosen, how, draw + 1);
        const sums = new Map([...indices(shape)].map((i) => [i.join(), 0]));
        for (const i of indices(chosen)) {
          const to = i.with(axis, id(i)).join();
          sums.set(to, sums.get(to)! + element(source, i));
        }
        matches(scatterAdd(shape, axis, index, source), shape, (i) => sums.get(i.join())!, 1e-12);
        const line = fromArray(
          Int32Array.from({ length: count }, (_, i) => (i * 5 + draw) % n),
          [count],
        );
        matches(x.indexSelect(axis, line), chosen, (i) =>
          element(x, i.with(axis, (i[axis]! * 5 + draw) % n)),
        );
        if (shape.length === 2 && axis === 0) {
          matches(x.embedding(line), [count, shape[1]!], ([i, j]) =>
            element(x, [(i! * 5 + draw) % shape[0]!, j!]),
          );
        }
      },
    ),
    runs,
  );
});

const a = zeros([2, 3]);
errorTests([
  ['gather, other axes', () => a.gather(1, ids([[0], [1], [2]])), 'gather', '[3, 1]', '[2, 3]'],
  ['gather, rank', () => a.gather(1, ids([0])), 'gather', '[1]', '[2, 3]'],
  ['scatterAdd, source', () => scatterAdd([2, 3], 1, ids([[0], [1]]), a), 'scatterAdd', '[2, 1]', '[2, 3]'],
  ['scatterAdd, index', () => scatterAdd([3, 3], 1, ids([[0], [1]]), zeros([2, 1])), '[2, 1]', '[3, 3]'],
  ['indexSelect', () => a.indexSelect(0, ids([[0]])), 'indexSelect', '[1, 1]'],
  ['embedding', () => zeros([2, 3, 4]).embedding(ids([0])), 'embedding', '[2, 3, 4]', '[V, D]'],
]);

test('indices out of range name the index and the length', () => {
  for (const id of [-1, 3]) {
    throwsWith(() => a.gather(1, ids([[0], [id]])), 'gather', `index ${id}`, 'length 3');
    throwsWith(
      () =>
        a.gather(
          1,
          ids([
            [0, id],
            [0, 0],
          ]),
        ),
      'gather',
      `index ${id}`,
    );
    throwsWith(() => scatterAdd([2, 3], 1, ids([[0], [id]]), zeros([2, 1])), `index ${id}`, 'length 3');
    throwsWith(() => zeros([3, 2]).embedding(ids([0, id])), 'embedding', `index ${id}`, 'length 3');
    throwsWith(() => a.indexSelect(1, ids([id])), `index ${id}`, 'length 3');
  }
});

test.run();
