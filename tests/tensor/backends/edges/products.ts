/** Edges of the matrix products and of the optimizer. */
import type { Shape } from '../../../../src/tensor/shape.ts';
import type { View } from '../../../../src/tensor/view.ts';
import type { Input, Layout, Row } from '../harness.ts';
import { around, layoutOf, tails } from './sizes.ts';

export function* products(): Generator<Row> {
  const product = (m: number, k: number, n: number, left: Layout, right: Layout, batch: Shape = []): Row => ({
    kernel: 'matmul',
    name: `[${batch}] ${m} x ${k} x ${n}, ${left} x ${right}, edge`,
    inputs: [
      { shape: [...batch, m, k], layout: left },
      { shape: [...batch, k, n], layout: right },
    ],
    run: (backend, a, b) => backend.matmul(a, b),
    tolerance: { absolute: 5e-7 * Math.max(4, k), relative: 1e-6 },
  });
  // Every rest of a tile of 4 to 6 rows and 8 or 16 columns, and of the four k that are packed together, in every layout of either.
  for (let i = 0; i < 72; i++) {
    yield product(4 + (i % 13), 1 + ((i * 5) % 18), 1 + ((i * 7) % 37), layoutOf(i), layoutOf(i >> 2));
  }
  // The panels of A that are packed at once are eight, of 4 to 6 rows each.
  for (const rows of [4, 5, 6].flatMap((height) => around(8 * height))) {
    yield product(rows, 5, 17, layoutOf(rows), 'row-major');
  }
  for (const n of [...tails, ...around(16)]) yield product(9, 6, n, 'row-major', layoutOf(n));
  for (const k of around(256)) {
    yield product(7, k, 9, 'row-major', 'row-major');
    yield product(6, k, 8, 'transposed', 'transposed');
    yield product(2, k, 5, 'row-major', 'transposed');
  }
  for (const n of around(1024)) {
    yield product(7, 5, n, 'row-major', 'row-major');
    yield product(12, 4, n, 'transposed', 'transposed');
  }
  yield product(13, 259, 1027, 'row-major', 'transposed'); // several blocks of k and of n
  for (const [k, n] of [
    [513, 1048],
    [771, 200],
  ] as const)
    yield product(50, k, n, 'row-major', 'transposed'); // packed by several
  for (const n of [1023, 1033, 1041]) yield product(7, 259, n, 'transposed', 'row-major', [2]); // packed where it is used
  // Few rows with columns that lie in one piece: dot products of sixteens and a rest.
  for (const k of [...tails, 32, 47, 48, 49])
    yield product(1 + (k % 3), k, 1 + (k % 9), 'row-major', 'transposed');
  for (const m of around(128)) yield product(m, 19, 6, 'row-major', 'transposed');
  yield product(1, 4099, 133, 'row-major', 'transposed'); // a share is 128 columns
  yield product(3, 515, 1030, 'sliced', 'transposed'); // 1020
  // Items are six rows of one product after the other: shares begin in the middle of the batch and of a product.
  yield product(7, 9, 24, 'row-major', 'transposed', [5]);
  yield product(31, 40, 48, 'row-major', 'row-major', [9]);
  yield product(31, 40, 48, 'transposed', 'expanded', [4, 2]);
  yield product(6, 32, 32, 'sliced', 'transposed', [3, 30]);
  yield product(901, 19, 33, 'row-major', 'transposed'); // a share is 70 of 151 items
}

export function* optimizer(): Generator<Row> {
  const adamw = (shapes: readonly Shape[], settings: number): Row => ({
    kernel: 'adamw',
    name: `[${shapes.join('], [')}], settings ${settings}, edge`,
    inputs: shapes.flatMap((shape, i): Input[] => [
      { shape },
      { shape, range: [-1, 1], layout: layoutOf(i) },
      { shape, range: [-0.1, 0.1] },
      { shape, range: [0, 0.01] },
    ]),
    run: (backend, ...views) => {
      const targets = shapes.map((_, i) => {
        const [parameter, gradient, firstMoment, secondMoment] = views.slice(4 * i) as [
          View,
          View,
          View,
          View,
        ];
        return { parameter, gradient, firstMoment, secondMoment, weightDecay: [0, 0.1, 0.3][i % 3]! };
      });
      backend.adamw(targets, {
        ...[
          { step: 1, learningRate: 1e-2, beta1: 0.9, beta2: 0.999, eps: 1e-8, gradientScale: 1 },
          { step: 7, learningRate: 0.3, beta1: 0.5, beta2: 0.8, eps: 0.1, gradientScale: 2.5 },
          { step: 2, learningRate: 0.05, beta1: 0, beta2: 0.95, eps: 1e-3, gradientScale: 0 },
        ][settings]!,
      });
      return views.map((view) => view.data);
    },
    tolerance: { absolute: 2e-7, relative: 4e-7 },
    inPlace: true,
  });
  for (const settings of [0, 1, 2]) {
    yield adamw(
      tails.map((n) => [n]),
      settings,
    );
    yield adamw([[4095], [4096], [1], [4097], [2, 4096], [3], [8195], [0], [12289]], settings);
    yield adamw([[8195]], settings);
  }
  const norm = (sizes: readonly number[]): Row => ({
    kernel: 'sumOfSquares',
    name: `[${sizes}], edge`,
    inputs: sizes.map((n, i) => ({ shape: [n], range: [0.5, 1] as const, layout: layoutOf(i) })),
    run: (backend, ...views) => backend.sumOfSquares(views),
    tolerance: { relative: 1e-6 },
  });
  for (const n of [...tails, ...around(512), ...around(4096)]) yield norm([n]);
  yield norm([4097, 1, 0, 8192, 3, 12289, 4096, 4095]);
}
