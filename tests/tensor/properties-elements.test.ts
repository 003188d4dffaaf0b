/** Arithmetic, reductions, scans and orders against nested loops that anybody can check (fast-check). */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Shape, type Tensor, where } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { element, indices, layout, made, matches, runs, seed, shapes } from './naive.ts';

/** Two shapes that broadcast: the same with some axes set to 1 and some leading ones dropped. */
const broadcastable = fc
  .tuple(
    shapes,
    fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 4, maxLength: 4 }),
    fc.nat(4),
    fc.nat(4),
  )
  .map(([full, thin, dropA, dropB]) => {
    const part = (side: 0 | 1, drop: number) =>
      full.map((n, axis) => (thin[axis]![side] ? 1 : n)).slice(Math.min(drop, full.length));
    return [part(0, dropA), part(1, dropB)] as const;
  });

test('broadcasting arithmetic, comparison and where', () => {
  const ops = {
    add: (a: number, b: number) => a + b,
    sub: (a: number, b: number) => a - b,
    mul: (a: number, b: number) => a * b,
    div: (a: number, b: number) => a / b,
    maximum: (a: number, b: number) => Math.max(a, b),
    minimum: (a: number, b: number) => Math.min(a, b),
    lt: (a: number, b: number) => Number(a < b),
    ge: (a: number, b: number) => Number(a >= b),
    eq: (a: number, b: number) => Number(a === b),
    ne: (a: number, b: number) => Number(a !== b),
    le: (a: number, b: number) => Number(a <= b),
    gt: (a: number, b: number) => Number(a > b),
  };
  fc.assert(
    fc.property(broadcastable, layout, layout, seed, ([left, right], la, lb, draw) => {
      const a = made(left, la, draw);
      const b = made(right, lb, draw % 3 === 0 ? draw : draw + 1); // sometimes the same numbers, for the ties
      const rank = Math.max(left.length, right.length);
      const pad = (shape: Shape) => [...new Array<number>(rank - shape.length).fill(1), ...shape];
      const [p, q] = [pad(left), pad(right)];
      const shape = p.map((n, axis) => (n === 1 ? q[axis]! : n));
      const own = (t: Tensor, index: number[]) =>
        element(
          t,
          index.slice(rank - t.rank).map((i, axis) => (t.shape[axis] === 1 ? 0 : i)),
        );
      for (const [op, naive] of Object.entries(ops)) {
        matches(a[op as 'add'](b), shape, (index) => naive(own(a, index), own(b, index)));
      }
      matches(where(a.gt(0), a, b), shape, (index) => (own(a, index) > 0 ? own(a, index) : own(b, index)));
    }),
    runs,
  );
});

test('reductions over every subset of axes', () => {
  fc.assert(
    fc.property(
      shapes,
      layout,
      seed,
      fc.integer({ min: 0, max: 15 }),
      fc.boolean(),
      (shape, how, draw, subset, keepDim) => {
        const x = made(shape, how, draw);
        const axes = shape.map((_, axis) => axis).filter((axis) => (subset >> axis) & 1);
        const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
        const groups = new Map<string, number[]>([...indices(kept)].map((index) => [index.join(), []]));
        for (const index of indices(shape)) {
          groups.get(index.map((i, axis) => (axes.includes(axis) ? 0 : i)).join())!.push(element(x, index));
        }
        const lists = [...groups.values()];
        const resultShape = keepDim ? kept : shape.filter((_, axis) => !axes.includes(axis));
        const check = (y: Tensor, naive: (list: number[]) => number) => {
          assert.equal([...y.shape], resultShape);
          allClose(y.toArray(), lists.map(naive), { absolute: 1e-12, relative: 1e-12 });
        };
        const total = (list: number[]) => list.reduce((a, b) => a + b, 0);
        check(x.sum(axes, { keepDim }), total);
        if (axes.some((axis) => shape[axis] === 0)) return;
        check(x.mean(axes, { keepDim }), (list) => total(list) / list.length);
        check(x.max(axes, { keepDim }), (list) => Math.max(...list));
        check(x.min(axes, { keepDim }), (list) => Math.min(...list));
        check(x.logSumExp(axes, { keepDim }), (list) => Math.log(total(list.map(Math.exp))));
      },
    ),
    { ...runs, numRuns: 120 },
  );
});

test('cumsum, softmax, argmax, sort and topK along an axis', () => {
  fc.assert(
    fc.property(shapes, layout, seed, fc.nat(3), fc.boolean(), (shape, how, draw, pick, flag) => {
      if (shape.length === 0) return;
      const x = made(shape, how, draw);
      const axis = pick % shape.length;
      const line = (index: number[]) =>
        Array.from({ length: shape[axis]! }, (_, i) => element(x, index.with(axis, i)));
      const total = (list: number[]) => list.reduce((a, b) => a + b, 0);
      matches(
        x.cumsum(axis, { reverse: flag }),
        shape,
        (index) => {
          const i = index[axis]!;
          return total(flag ? line(index).slice(i) : line(index).slice(0, i + 1));
        },
        1e-12,
      );
      matches(
        x.softmax(axis),
        shape,
        (index) => Math.exp(element(x, index)) / total(line(index).map(Math.exp)),
        1e-12,
      );
      matches(
        x.logSoftmax(axis),
        shape,
        (index) => element(x, index) - Math.log(total(line(index).map(Math.exp))),
        1e-12,
      );
      if (shape[axis]! > 0) {
        matches(x.argmax(axis), shape.toSpliced(axis, 1), (index) => {
          const all = line(index.toSpliced(axis, 0, 0));
          return all.indexOf(Math.max(...all));
        });
      }
      const last = shape.length - 1;
      const n = shape[last]!;
      const ordered = (index: number[], descending: boolean) => {
        const row = Array.from({ length: n }, (_, i) => [element(x, index.with(last, i)), i] as const);
        return row.sort(([a, i], [b, j]) => (descending ? b - a : a - b) || i - j)[index[last]!]!;
      };
      const sorted = x.sort({ descending: flag });
      matches(sorted.values, shape, (index) => ordered(index, flag)[0]);
      matches(sorted.indices, shape, (index) => ordered(index, flag)[1]);
      const k = Math.min(n, pick);
      const top = x.topK(k);
      matches(top.values, shape.with(last, k), (index) => ordered(index, true)[0]);
      matches(top.indices, shape.with(last, k), (index) => ordered(index, true)[1]);
    }),
    { ...runs, numRuns: 120 },
  );
});

test.run();
