/** The matrix product against the textbook triple loop: random odd and empty sizes, strided and stretched batches (fast-check). */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Shape, Tensor } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { element, indices, layout, made, runs, seed } from './naive.ts';

/** The textbook triple loop over the last two axes, everything broadcast. */
function naiveMatmul(a: Tensor, b: Tensor, batch: Shape): number[] {
  const [m, k, n] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!];
  const own = (t: Tensor, index: number[], row: number, column: number) => {
    const lead = t.rank - 2;
    const place = index.slice(index.length - lead).map((i, axis) => (t.shape[axis] === 1 ? 0 : i));
    return element(t, [...place, row, column]);
  };
  const result: number[] = [];
  for (const index of indices(batch)) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += own(a, index, i, l) * own(b, index, l, j);
        result.push(sum);
      }
    }
  }
  return result;
}

test('matmul: odd and empty sizes, few rows and many, strided and stretched batches', () => {
  const size = fc.integer({ min: 0, max: 9 });
  const batches = fc.constantFrom<[Shape, Shape, Shape]>(
    [[], [], []],
    [[2], [], [2]],
    [[], [3], [3]],
    [[2], [2], [2]],
    [[2, 1], [3], [2, 3]],
    [
      [1, 3],
      [2, 1],
      [2, 3],
    ],
    [[0], [], [0]],
    [[0], [1], [0]],
    [
      [2, 2],
      [2, 2],
      [2, 2],
    ],
  );
  const paths = new Set<string>();
  fc.assert(
    fc.property(
      size,
      size,
      size,
      batches,
      layout,
      layout,
      seed,
      (m, k, n, [left, right, batch], la, lb, draw) => {
        const a = made([...left, m, k], la, draw);
        const b = made([...right, k, n], lb, draw + 1);
        paths.add(`${m < 4 ? 'few' : 'blocked'} ${lb.name}`);
        const y = a.matmul(b);
        assert.equal([...y.shape], [...batch, m, n]);
        allClose(y.toArray(), naiveMatmul(a, b, batch), { absolute: 1e-12, relative: 1e-12 });
      },
    ),
    { ...runs, numRuns: 400 },
  );
  assert.is(paths.size, 8, 'every kernel path in every layout');
});

test.run();
