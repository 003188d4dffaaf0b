/** Ops that move and pick elements, against a formula for each element of the result (fast-check). */
import fc from 'fast-check';
import { test } from 'uvu';
import { concat, fromArray, scatterAdd } from '../../src/tensor/index.ts';
import { sizeOf } from '../../src/tensor/shape.ts';
import { allClose } from '../close.ts';
import { element, indices, layout, made, matches, runs, seed, shapes } from './naive.ts';

test('permute, reshape, slice, pad, expand', () => {
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
      matches(x.unsqueeze(0).expand([3, ...shape]), [3, ...shape], ([, ...index]) => element(x, index));
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

test.run();
