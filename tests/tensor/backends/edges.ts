/**
 * The ends of things: rows of the conformance table for the places where fast kernels go wrong and plain ones do not.
 *
 *   tails     a vector holds four numbers and a tile 6 x 8: widths 1 to 9, 4k - 1, 4k, 4k + 1, one more or less than a tile
 *   blocks    a kernel that works in parts: less than one, exactly one, one and a bit, several, several and a part of one
 *   shares    more items than one thread takes, so that another begins in the middle of a row, of a batch, of a tensor
 *
 * `blocks` lists the sizes; conformance.test.ts holds the list against the constants in the kernels' source, so that a new block
 * size cannot stay without rows. Those of the fused kernels are in fused-cases.ts.
 */
import type { BinaryKind, ReduceKind, UnaryKind } from '../../../src/tensor/backend.ts';
import type { Shape } from '../../../src/tensor/shape.ts';
import { broadcastView, type View, viewOf } from '../../../src/tensor/view.ts';
import type { Input, Layout, Row } from './harness.ts';

/** Sizes of blocks and shares in src/tensor/backends/wasm, by file and name. */
export const blocks = {
  'assembly/attention.ts BLOCK': 24,
  'assembly/gemm.ts KC': 256,
  'assembly/gemm.ts ROWS': 6,
  'assembly/gemm.ts NC': 1024,
  'assembly/optimizer.ts CHUNK': 4096,
  'assembly/reduce.ts RUN': 4096,
  'assembly/reduce.ts PIECE': 512,
  'assembly/reduce.ts STRIP': 64,
  'assembly/softmax.ts STRIP': 1024,
  'device.ts GRAIN': 16384,
  'fused.ts GRAIN': 8192,
  'fused.ts ATTENTION_GRAIN': 65536,
  'fused.ts LOGIT_ROWS': 256,
  'matmul.ts ROWS_PER_ITEM': 6,
  'matmul.ts GRAIN_WORK': 65536,
  'matmul.ts FEW_ROWS': 3,
  'matmul.ts FEW_ROWS_GRAIN': 524288,
  'optimizer.ts CHUNK': 4096,
  'optimizer.ts GRAIN': 2,
  'reduce.ts RUN': 4096,
  'softmax.ts WORK': 8192,
} as const;

/** Less than a block, exactly one, one and a bit, several, several and a part. */
export const around = (block: number): number[] => [block - 1, block, block + 1, 2 * block, 2 * block + 3];
/** Widths around the four numbers of a vector. */
export const tails: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 31, 33];

const ulp = 2 ** -23;
const layouts: readonly Layout[] = [
  'row-major',
  'transposed',
  'sliced',
  'every second',
  'reversed',
  'expanded',
];
const layoutOf = (i: number): Layout => layouts[i % layouts.length]!;
/** Four axes of odd lengths, more than two shares of any job: shares begin in the middle of rows. */
const large: Shape = [3, 7, 41, 43];

function* elementwise(): Generator<Row> {
  const unary = (kind: UnaryKind, input: Input, tolerance: Row['tolerance']): Row => ({
    kernel: `unary ${kind}`,
    name: `[${input.shape}] ${input.layout ?? ''}, edge`,
    inputs: [input],
    run: (backend, x) => backend.unary(kind, x),
    tolerance,
  });
  const near = { absolute: 1e-37, relative: 3 * ulp };
  for (const n of tails) {
    yield unary('neg', { shape: [n] }, 'exact');
    yield unary('tanh', { shape: [n], layout: 'every second' }, near);
    yield unary('cos', { shape: [n] }, near);
  }
  for (const n of around(16384)) yield unary('square', { shape: [n] }, 'exact');
  for (const n of around(8192)) yield unary('rsqrt', { shape: [n], range: [0.1, 3] }, near);
  for (const n of around(4096)) yield unary('exp', { shape: [n] }, near);
  for (const n of around(512)) yield unary('sin', { shape: [n] }, near);
  for (const n of around(256)) yield unary('erf', { shape: [n] }, near);
  yield unary('abs', { shape: large, layout: 'transposed' }, 'exact');

  const binary = (kind: BinaryKind, shape: Shape, a: Input, b: Input): Row => ({
    kernel: `binary ${kind}`,
    name: `[${a.shape}] ${a.layout ?? ''} and [${b.shape}] ${b.layout ?? ''}, edge`,
    inputs: [a, b],
    run: (backend, x, y) =>
      backend.binary(kind, broadcastView(x, shape), broadcastView(y, shape), shape, 'float32'),
    tolerance: kind === 'pow' ? { absolute: 1e-37, relative: ulp } : 'exact',
  });
  const range = [0.1, 3] as const;
  for (const n of tails) {
    for (const kind of ['sub', 'pow'] as const) {
      yield binary(kind, [3, n], { shape: [3, n], range }, { shape: [n], range });
      yield binary(kind, [3, n], { shape: [3, 1], range }, { shape: [3, n], range });
      yield binary(kind, [3, n], { shape: [3, n], range }, { shape: [3, 1], range });
      yield binary(kind, [3, n], { shape: [3, n], range, layout: 'every second' }, { shape: [n], range });
    }
  }
  for (const n of around(16384)) yield binary('div', [n], { shape: [n] }, { shape: [n], range });
  for (const n of around(512)) yield binary('pow', [n], { shape: [n], range }, { shape: [n], range });
  for (const [i, other] of ([large, [43], [7, 1, 43], [3, 1, 41, 1], [7, 41, 1]] as Shape[]).entries()) {
    yield binary('sub', large, { shape: large, layout: layoutOf(i) }, { shape: other, layout: 'transposed' });
    yield binary(
      'div',
      large,
      { shape: other, layout: 'sliced' },
      { shape: large, range, layout: layoutOf(i + 1) },
    );
    yield {
      kernel: 'where',
      name: `[${other}] in [${large}], edge`,
      inputs: [
        { shape: other, values: [0, 1, -0, 2, 0] },
        { shape: large, layout: layoutOf(i) },
        { shape: other, layout: 'transposed' },
      ],
      run: (backend, c, a, b) =>
        backend.where(broadcastView(c, large), a, broadcastView(b, large), large, 'float32'),
      tolerance: 'exact',
    };
  }
  // A number on either side, and on both, in either type.
  for (const [a, b] of [
    [null, 7.25],
    [-3.5, null],
    [-3.5, 7.25],
  ] as const) {
    yield {
      kernel: 'where',
      name: `${a ?? 'view'} or ${b ?? 'view'}, edge`,
      inputs: [
        { shape: [3, 7], values: [0, 1, -0, 2, 0] },
        { shape: [3, 7], layout: 'sliced' },
      ],
      run: (backend, c, x) => backend.where(c, a ?? x, b ?? x, [3, 7], 'float32'),
      tolerance: 'exact',
    };
  }
  yield {
    kernel: 'where',
    name: 'whole numbers, edge',
    inputs: [{ shape: [7], values: [0, 1, -0, 2, 0] }],
    run: (backend, c) => backend.where(c, 5, -6, [7], 'int32'),
    tolerance: 'exact',
  };
  for (const n of tails) {
    yield {
      kernel: 'where',
      name: `[4, ${n}], edge`,
      inputs: [
        { shape: [4, n], values: [0, 1, 0, 0, 3], layout: layoutOf(n) },
        { shape: [n], layout: layoutOf(n + 1) },
        { shape: [4, n], layout: layoutOf(n + 2) },
      ],
      run: (backend, c, a, b) => backend.where(c, broadcastView(a, [4, n]), b, [4, n], 'float32'),
      tolerance: 'exact',
    };
  }
}

function* movement(): Generator<Row> {
  const copy = (input: Input, to: 'float32' | 'int32'): Row => ({
    kernel: 'copy',
    name: `${input.dtype ?? 'float32'} to ${to}, [${input.shape}] ${input.layout ?? ''}, edge`,
    inputs: [input],
    run: (backend, x) => backend.copy(x, to),
    tolerance: 'exact',
  });
  const range = [-1000, 1000] as const;
  for (const layout of layouts) {
    yield copy({ shape: large, layout, range }, 'float32');
    yield copy({ shape: large, layout, range }, 'int32');
    yield copy({ shape: large, layout, range, dtype: 'int32' }, 'float32');
    yield {
      kernel: 'assign',
      name: `[${large}] from ${layout}, edge`,
      inputs: [
        { shape: large, layout: 'sliced' },
        { shape: large, layout },
      ],
      run: (backend, target, source) => {
        backend.assign(target, source);
        return target.data;
      },
      tolerance: 'exact',
      inPlace: true,
    };
  }
  // Rows of 1024 and more are copied in one piece; four rows of a transposed source are turned together.
  for (const n of [...tails, 1023, 1024, 1025]) {
    for (const layout of ['sliced', 'transposed', 'expanded', 'every second'] as const) {
      yield copy({ shape: [5, n], layout, range }, 'float32');
    }
    yield copy({ shape: [n, 6], layout: 'transposed', range }, 'float32');
    yield copy({ shape: [3, n], layout: 'sliced', range, dtype: 'int32' }, 'float32');
    yield copy({ shape: [3, n], layout: 'sliced', range }, 'int32');
    yield {
      kernel: 'fill',
      name: `[${n}], edge`,
      inputs: [{ shape: [n + 2] }],
      run: (backend, x) => {
        backend.fill(viewOf(x.data, [n], [1], 1), -2.5); // what lies before and after stays
        return x.data;
      },
      tolerance: 'exact',
      inPlace: true,
    };
  }
  yield copy({ shape: [11_000, 3], layout: 'transposed', range }, 'float32'); // a share begins in the second column
  for (const n of around(16384)) {
    yield copy({ shape: [n], range }, 'float32');
    yield copy({ shape: [n], range, layout: 'reversed' }, 'int32');
  }
}

function* reductions(): Generator<Row> {
  // Values all on one side of zero: a zero that slips in is the largest, or the smallest.
  const kinds: readonly (readonly [ReduceKind, readonly [number, number]])[] = [
    ['sum', [0.5, 1]],
    ['max', [-3, -1]],
    ['min', [1, 3]],
  ];
  const reduce = (kind: ReduceKind, input: Input, axes: number[]): Row => ({
    kernel: `reduce ${kind}`,
    name: `[${input.shape}] over [${axes}] ${input.layout ?? ''}, edge`,
    inputs: [input],
    run: (backend, x) => backend.reduce(kind, x, axes),
    tolerance: kind === 'sum' ? { absolute: 1e-6, relative: 2e-6 } : 'exact',
  });
  for (const [kind, range] of kinds) {
    for (const n of [...tails, ...around(512), 1029, ...around(4096)]) {
      yield reduce(kind, { shape: [3, n], range }, [1]);
    }
    yield reduce(kind, { shape: [41, 1000], range }, [1]); // a share of rows is 17
    yield reduce(kind, { shape: [7, 5000], range, layout: 'sliced' }, [1]); // two runs a row, four a share
    for (const width of tails) yield reduce(kind, { shape: [5, width], range }, [0]);
    for (const rows of around(64)) yield reduce(kind, { shape: [2, rows, 21], range }, [1]);
    yield reduce(kind, { shape: [3, 70, 310], range }, [1]); // 20 blocks of columns each, a share is 15
    yield reduce(kind, { shape: large, range }, [1, 3]);
    yield reduce(kind, { shape: large, range, layout: 'transposed' }, [0, 2]);
  }
  for (const n of tails) {
    yield {
      kernel: 'argmax',
      name: `[3, ${n}], edge`,
      inputs: [{ shape: [3, n], range: [-3, -1] }],
      run: (backend, x) => backend.argmax(x, 1),
      tolerance: 'exact',
    };
  }
  yield {
    kernel: 'argmax',
    name: 'many short rows, edge',
    inputs: [{ shape: [600, 31] }],
    run: (backend, x) => backend.argmax(x, 1),
    tolerance: 'exact',
  };
}

function* softmaxRows(): Generator<Row> {
  const shapes = [...tails, 1028, ...around(1024)].map((width): Shape => [3, width]);
  for (const shape of [...shapes, [2100, 8], [5, 8200]] as [number, number][]) {
    const [rows, width] = shape;
    for (const kernel of ['softmax', 'logSoftmax'] as const) {
      yield {
        kernel,
        name: `[${shape}], edge`,
        inputs: [{ shape, range: [-9, 3] }], // below zero: a zero that slips in would be counted
        run: (backend, x) => backend[kernel](x),
        tolerance: { absolute: 1e-6, relative: 2e-6 },
      };
      yield {
        kernel: `${kernel}Adjoint`,
        name: `[${shape}], edge`,
        inputs: [
          { shape, range: kernel === 'softmax' ? [0.1, 1] : [-4, -1] },
          { shape, range: [0.5, 1] },
        ],
        run: (backend, y, dy) => backend[`${kernel}Adjoint`](y, dy),
        tolerance: { absolute: 1e-5, relative: 5e-6 },
      };
    }
    for (const ignoreIndex of [-100, 0]) {
      const values = [width - 1, 0, ignoreIndex, Math.floor(width / 2)];
      const targets: Input = { shape: [rows], dtype: 'int32', values };
      yield {
        kernel: 'crossEntropy',
        name: `[${shape}], ignoring ${ignoreIndex}, edge`,
        inputs: [{ shape, range: [-9, 3] }, targets],
        run: (backend, logits, ids) => {
          const { losses, logSumExp } = backend.crossEntropy(logits, ids, ignoreIndex);
          return [losses, logSumExp];
        },
        tolerance: { absolute: 1e-6, relative: 2e-6 },
      };
      yield {
        kernel: 'crossEntropyAdjoint',
        name: `[${shape}], ignoring ${ignoreIndex}, edge`,
        inputs: [{ shape, range: [-5, 5] }, targets, { shape: [rows], range: [1, 9] }, { shape: [rows] }],
        run: (backend, logits, ids, logSumExp, dLosses) =>
          backend.crossEntropyAdjoint(logits, ids, logSumExp, dLosses, ignoreIndex),
        tolerance: { absolute: 1e-6, relative: 2e-6 },
      };
    }
  }
}

function* indexing(): Generator<Row> {
  const sizes = [...tails.map((width) => [7, width, 10]), [600, 33, 1200], [40, 1030, 40]];
  for (const [i, [rows, width, count]] of (sizes as [number, number, number][]).entries()) {
    const index: Input = { shape: [count], dtype: 'int32', range: [0, rows - 0.01], layout: layoutOf(i) };
    yield {
      kernel: 'gatherRows',
      name: `[${rows}, ${width}] by ${count}, edge`,
      inputs: [{ shape: [rows, width], layout: layoutOf(i + 2) }, index],
      run: (backend, table, ids) => backend.gatherRows(table, ids),
      tolerance: 'exact',
    };
    yield {
      kernel: 'scatterAddRows',
      name: `[${count}, ${width}] into ${rows}, edge`,
      inputs: [{ shape: [count, width], layout: layoutOf(i + 3) }, index],
      run: (backend, source, ids) => backend.scatterAddRows(rows, ids, source),
      tolerance: 'exact',
    };
  }
}

function* products(): Generator<Row> {
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
  // Every rest of the 6 x 8 tile and of the four k that are packed together, in every layout of either side.
  for (let i = 0; i < 72; i++) {
    yield product(1 + (i % 13), 1 + ((i * 5) % 18), 1 + ((i * 7) % 19), layoutOf(i), layoutOf(i >> 2));
  }
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
  // Few rows with columns that lie in one piece: dot products of sixteens and a rest.
  for (const k of [...tails, 32, 47, 48, 49])
    yield product(1 + (k % 3), k, 1 + (k % 9), 'row-major', 'transposed');
  yield product(1, 4099, 133, 'row-major', 'transposed'); // a share is 128 columns
  yield product(3, 515, 1030, 'sliced', 'transposed'); // 1020
  // Items are six rows of one product after the other: shares begin in the middle of the batch and of a product.
  yield product(31, 20, 24, 'row-major', 'row-major', [9]);
  yield product(31, 20, 24, 'transposed', 'expanded', [4, 2]);
  yield product(6, 16, 16, 'sliced', 'transposed', [3, 30]);
  yield product(301, 9, 33, 'row-major', 'transposed'); // a share is 37 of 51 items
}

function* optimizer(): Generator<Row> {
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

const sizeOf = (row: Row) => Math.max(...row.inputs.map(({ shape }) => shape.reduce((a, b) => a * b, 1)));

export const edges: readonly Row[] = [
  ...elementwise(),
  ...movement(),
  ...reductions(),
  ...softmaxRows(),
  ...indexing(),
  ...products(),
  ...optimizer(),
].map((row) => ({ ...row, forThreads: sizeOf(row) > 10_000 }));
