/**
 * Every kernel of the Backend interface, over shapes and layouts, with the tolerance at which a fast backend is held to the
 * reference.
 *
 * Tolerances: `exact` where float32 arithmetic is the correctly rounded result, a few units in the last place (1.2e-7) for
 * functions, and for sums 2e-6 of the largest partial sums that these inputs make (the reference adds in double precision).
 */
import type { BinaryKind, ReduceKind, UnaryKind } from '../../../src/tensor/backend.ts';
import { type Shape, sizeOf } from '../../../src/tensor/shape.ts';
import { broadcastView, type View, viewOf } from '../../../src/tensor/view.ts';
import type { Input, Layout, Row } from './harness.ts';

const ulp = 2 ** -23;
const within = (ulps: number, absolute = 1e-37) => ({ absolute, relative: ulps * ulp });
const sums = { absolute: 4e-6, relative: 2e-6 };

/** Empty, one element, odd, exactly a vector, larger than what one thread computes. */
const shapes: readonly Shape[] = [
  [],
  [0],
  [3, 0],
  [1],
  [7],
  [16],
  [5, 3],
  [2, 1, 3],
  [3, 4, 2, 5],
  [131, 257],
];
const layouts: readonly Layout[] = [
  'row-major',
  'transposed',
  'sliced',
  'expanded',
  'every second',
  'reversed',
];
const matrices: readonly Shape[] = [
  [1, 1],
  [3, 5],
  [0, 4],
  [2, 16],
  [7, 1],
  [65, 131],
  [40, 2050],
];

/** Numbers at which functions go wrong. */
const special = [
  ...[
    Number.NaN,
    Infinity,
    -Infinity,
    0,
    -0,
    1,
    -1,
    2,
    0.5,
    -0.5,
    1e-40,
    -1e-40,
    1e-30,
    3.4e38,
    -3.4e38,
    1e38,
  ],
  ...[
    88.3, 88.5, 88.72, 88.73, -87.3, -87.4, -103, -104, -1e4, 1e4, 0.624, 0.626, -0.625, 2.4, 2.6, 6.5, -6.5,
  ],
  ...[1.1754944e-38, 16777216, 2147483648, -2147483648, 4294967296, 1e10, -3e9, 1.9, -1.9, Math.PI, 1e6],
];

const inEveryLayout = (
  shape: Shape,
  make: (input: Input, layout: Layout) => Row | undefined,
  base: Omit<Input, 'shape' | 'layout'> = {},
): Row[] =>
  layouts.flatMap((layout) => {
    const row = make({ ...base, shape, layout }, layout);
    return row === undefined ? [] : [row];
  });

function* movement(): Generator<Row> {
  for (const shape of [
    ...shapes,
    [3, 1, 4, 1, 2, 3],
    [2, 3, 2, 3, 2, 3],
    [4, 33, 3, 32],
    [130, 140],
  ] as Shape[]) {
    for (const dtype of ['float32', 'int32'] as const) {
      for (const to of ['float32', 'int32', 'float64'] as const) {
        yield* inEveryLayout(
          shape,
          (input, layout) => ({
            kernel: 'copy',
            name: `${dtype} to ${to}, [${shape}] ${layout}`,
            inputs: [input],
            run: (backend, x) => backend.copy(x, to),
            tolerance: 'exact',
          }),
          { dtype, range: [-1000, 1000] },
        );
      }
      for (const from of layouts) {
        yield* inEveryLayout(
          shape,
          (input, layout) =>
            layout === 'expanded'
              ? undefined
              : {
                  kernel: 'assign',
                  name: `${dtype} [${shape}] ${from} to ${layout}`,
                  inputs: [input, { shape, layout: from, range: [-1000, 1000] }],
                  run: (backend, target, source) => {
                    backend.assign(target, source);
                    return target.data;
                  },
                  tolerance: 'exact',
                  inPlace: true,
                },
          { dtype, range: [-9, 9] },
        );
      }
      for (const value of [0, -0, 2.75, Infinity]) {
        yield* inEveryLayout(
          shape,
          (input, layout) => ({
            kernel: 'fill',
            name: `${dtype} [${shape}] ${layout} with ${value}`,
            inputs: [input],
            run: (backend, target) => {
              backend.fill(target, value);
              return target.data;
            },
            tolerance: 'exact',
            inPlace: true,
          }),
          { dtype },
        );
      }
    }
  }
  // [B, T, H, d] -> [B, H, T, d], as attention does, and conversions of odd numbers
  yield {
    kernel: 'copy',
    name: 'heads in front',
    inputs: [{ shape: [3, 50, 4, 32] }],
    run: (backend, x) =>
      backend.copy(viewOf(x.data, [3, 4, 50, 32], [x.stride[0]!, x.stride[2]!, x.stride[1]!, 1]), 'float32'),
    tolerance: 'exact',
  };
  yield {
    kernel: 'copy',
    name: 'special numbers to int32',
    inputs: [{ shape: [special.length], values: special }],
    run: (backend, x) => backend.copy(x, 'int32'),
    tolerance: 'exact',
  };
}

const unaryTolerances: Record<UnaryKind, Row['tolerance']> = {
  neg: 'exact',
  abs: 'exact',
  sqrt: 'exact',
  square: 'exact',
  reciprocal: 'exact',
  relu: 'exact',
  rsqrt: within(1),
  exp: within(2, 2e-45),
  log: within(1),
  sigmoid: within(3),
  silu: within(4, 3e-37), // 0 below -88.73, where e^-x overflows
  tanh: within(3),
  sin: within(1),
  cos: within(1),
  erf: within(1),
};

function* unary(): Generator<Row> {
  for (const [kind, tolerance] of Object.entries(unaryTolerances) as [UnaryKind, Row['tolerance']][]) {
    const range = ['log', 'sqrt', 'rsqrt'].includes(kind) ? ([0, 3] as const) : ([-4, 4] as const);
    for (const shape of shapes) {
      yield* inEveryLayout(
        shape,
        (input, layout) => ({
          kernel: `unary ${kind}`,
          name: `[${shape}] ${layout}`,
          inputs: [input],
          run: (backend, x) => backend.unary(kind, x),
          tolerance,
        }),
        { range },
      );
    }
    for (const wide of [
      { shape: [special.length], values: special },
      { shape: [20001], range: [-100, 100] as const },
      { shape: [5000], range: [-0.7, 0.7] as const },
    ]) {
      yield {
        kernel: `unary ${kind}`,
        name: wide.values === undefined ? `wide [${wide.range}]` : 'special numbers',
        inputs: [wide],
        run: (backend, x) => backend.unary(kind, x),
        tolerance,
      };
    }
    yield {
      kernel: `unary ${kind}`,
      name: 'int32',
      inputs: [{ shape: [5], dtype: 'int32', range: [1, 9] }],
      run: (backend, x) => backend.unary(kind, x),
      tolerance: 'exact',
    };
  }
}

const binaryKinds: readonly BinaryKind[] = [
  ...(['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const),
];

/** Shapes of the two operands and of the result. */
const pairs: readonly (readonly [Shape, Shape, Shape])[] = [
  [[5, 3], [3], [5, 3]],
  [[300, 129], [129], [300, 129]],
  [
    [300, 129],
    [300, 1],
    [300, 129],
  ],
  [
    [1, 129],
    [300, 1],
    [300, 129],
  ],
  [
    [4, 1, 3],
    [2, 1],
    [4, 2, 3],
  ],
  [
    [2, 3, 1, 5, 1],
    [1, 4, 1, 2],
    [2, 3, 4, 5, 2],
  ],
  [
    [2, 1, 2, 1, 2, 1],
    [1, 3, 1, 3, 1, 3],
    [2, 3, 2, 3, 2, 3],
  ],
  [[], [4, 3], [4, 3]],
  [[1], [0], [0]],
];

function* binary(): Generator<Row> {
  for (const kind of binaryKinds) {
    const tolerance = kind === 'pow' ? within(1) : 'exact';
    const range = kind === 'pow' ? ([0.1, 3] as const) : ([-2, 2] as const);
    const kernel = `binary ${kind}`;
    for (const shape of shapes) {
      for (const other of layouts) {
        yield* inEveryLayout(
          shape,
          (input, layout) => ({
            kernel,
            name: `[${shape}] ${layout} and ${other}`,
            inputs: [input, { shape, layout: other, range }],
            run: (backend, a, b) => backend.binary(kind, a, b, shape, 'float32'),
            tolerance,
          }),
          { range },
        );
        if (sizeOf(shape) > 1000) break; // once around is enough for the large ones
      }
      for (const value of [0.1, 2, -1, 0]) {
        const input = { shape, range };
        yield {
          kernel,
          name: `[${shape}] and ${value}`,
          inputs: [input],
          run: (backend, a) => backend.binary(kind, a, value, shape, 'float32'),
          tolerance,
        };
        yield {
          kernel,
          name: `${value} and [${shape}]`,
          inputs: [{ ...input, layout: 'transposed' }],
          run: (backend, b) => backend.binary(kind, value, b, shape, 'float32'),
          tolerance,
        };
      }
    }
    for (const [left, right, shape] of pairs) {
      const stretch = (view: View) => broadcastView(view, shape);
      yield {
        kernel,
        name: `[${left}] and [${right}]`,
        inputs: [
          { shape: left, range },
          { shape: right, range, layout: 'transposed' },
        ],
        run: (backend, a, b) => backend.binary(kind, stretch(a), stretch(b), shape, 'float32'),
        tolerance,
      };
    }
    const n = special.length;
    yield {
      kernel,
      name: 'special numbers, each with each',
      inputs: [
        { shape: [n, 1], values: special },
        { shape: [n], values: special },
      ],
      run: (backend, a, b) =>
        backend.binary(kind, broadcastView(a, [n, n]), broadcastView(b, [n, n]), [n, n], 'float32'),
      tolerance,
    };
    yield {
      kernel,
      name: 'int32',
      inputs: [
        { shape: [9], dtype: 'int32', range: [-3, 3] },
        { shape: [9], dtype: 'int32', range: [1, 3] },
      ],
      run: (backend, a, b) => backend.binary(kind, a, b, [9], 'int32'),
      tolerance: 'exact',
    };
  }
}

function* selection(): Generator<Row> {
  const values = [0, 1, -0, 2, 0, 3];
  for (const dtype of ['float32', 'int32'] as const) {
    for (const [mask, other, shape] of [...pairs, ...shapes.map((shape) => [shape, shape, shape] as const)]) {
      const stretch = (view: View) => broadcastView(view, shape);
      const condition: Input = { shape: mask, dtype, values };
      const name = `${dtype} mask [${mask}], value [${other}]`;
      yield {
        kernel: 'where',
        name,
        inputs: [condition, { shape: other }, { shape, layout: 'transposed' }],
        run: (backend, c, a, b) => backend.where(stretch(c), stretch(a), stretch(b), shape, 'float32'),
        tolerance: 'exact',
      };
      yield {
        kernel: 'where',
        name: `${name} or a number`,
        inputs: [condition, { shape: other, layout: 'every second' }],
        run: (backend, c, a) => backend.where(stretch(c), -Infinity, stretch(a), shape, 'float32'),
        tolerance: 'exact',
      };
      yield {
        kernel: 'where',
        name: `${name}, two numbers`,
        inputs: [condition],
        run: (backend, c) => backend.where(stretch(c), 1.5, 0, shape, 'float32'),
        tolerance: 'exact',
      };
    }
  }
  yield {
    kernel: 'where',
    name: 'NaN is not zero',
    inputs: [{ shape: [3], values: [0, Number.NaN, -0] }],
    run: (backend, c) => backend.where(c, 1.5, 0, [3], 'float32'),
    tolerance: 'exact',
  };
  yield {
    kernel: 'where',
    name: 'of int32',
    inputs: [
      { shape: [5], values },
      { shape: [5], dtype: 'int32', range: [1, 9] },
    ],
    run: (backend, c, a) => backend.where(c, a, 7, [5], 'int32'),
    tolerance: 'exact',
  };
}

function* reductions(): Generator<Row> {
  const axesOf: readonly (readonly [Shape, readonly number[]])[] = [
    [[], []],
    [[7], []],
    [[1], [0]],
    [[7], [0]],
    [[5, 3], [0]],
    [[5, 3], [1]],
    [
      [5, 3],
      [0, 1],
    ],
    [[2, 3, 4, 5], [1]],
    [
      [2, 3, 4, 5],
      [0, 2],
    ],
    [
      [2, 3, 4, 5],
      [1, 3],
    ],
    [
      [2, 3, 4, 5],
      [1, 2],
    ],
    [
      [2, 1, 3, 1],
      [1, 3],
    ],
    [
      [2, 1, 3, 1],
      [0, 1],
    ],
    [[1024, 128], [0]],
    [[1000, 37], [0]],
    [
      [9, 130, 48],
      [0, 1],
    ],
    [[50000], [0]],
    [[3, 9000], [1]],
    [
      [300, 129],
      [0, 1],
    ],
  ];
  for (const kind of ['sum', 'max', 'min'] as const satisfies readonly ReduceKind[]) {
    const tolerance = kind === 'sum' ? { absolute: 3e-4, relative: 2e-6 } : 'exact';
    for (const [shape, axes] of axesOf) {
      yield* inEveryLayout(
        shape,
        (input, layout) => ({
          kernel: `reduce ${kind}`,
          name: `[${shape}] over [${axes}], ${layout}`,
          inputs: [input],
          run: (backend, x) => backend.reduce(kind, x, axes),
          tolerance: sizeOf(shape) < 1000 && kind === 'sum' ? sums : tolerance,
        }),
        { range: [-1, 1] },
      );
    }
    for (const axes of [[0], [1]]) {
      yield {
        kernel: `reduce ${kind}`,
        name: `special numbers over [${axes}]`,
        inputs: [{ shape: [20, 19], values: [...special.slice(1), 2, 3, 4] }, { shape: [1] }],
        run: (backend, x) => backend.reduce(kind, x, axes),
        tolerance: kind === 'sum' ? { absolute: 1e30, relative: 2e-6 } : 'exact',
      };
      yield {
        kernel: `reduce ${kind}`,
        name: `NaN over [${axes}]`,
        inputs: [{ shape: [18, 18], values: [1, 2, Number.NaN, -3, 5, 6, 7] }],
        run: (backend, x) => backend.reduce(kind, x, axes),
        tolerance: 'exact',
      };
    }
    yield {
      kernel: `reduce ${kind}`,
      name: 'int32',
      inputs: [{ shape: [4, 5], dtype: 'int32', range: [-9, 9] }],
      run: (backend, x) => backend.reduce(kind, x, [1]),
      tolerance: 'exact',
    };
  }
  yield {
    kernel: 'reduce sum',
    name: 'of nothing',
    inputs: [{ shape: [3, 0] }],
    run: (backend, x) => backend.reduce('sum', x, [1]),
    tolerance: 'exact',
  };
  for (const values of [
    undefined,
    special,
    [1, 1, 2, 2],
    [Number.NaN, 1, 2],
    [1, Infinity, Number.NaN, 2, -1],
  ]) {
    for (const [shape, axis] of [
      [[7], 0],
      [[5, 3], 1],
      [[5, 3], 0],
      [[2, 3, 4], 1],
      [[200, 300], 1],
    ] as const) {
      yield* inEveryLayout(
        shape,
        (input, layout) => ({
          kernel: 'argmax',
          name: `[${shape}] along ${axis}, ${layout}${values === undefined ? '' : ` of ${values.length} values`}`,
          inputs: [input],
          run: (backend, x) => backend.argmax(x, axis),
          tolerance: 'exact',
        }),
        values === undefined ? {} : { values },
      );
    }
  }
  for (const shape of [[5], [4, 7], [2, 3, 4]] as const) {
    yield* inEveryLayout(shape, (input, layout) => ({
      kernel: 'cumsum',
      name: `[${shape}] ${layout}`,
      inputs: [input],
      run: (backend, x) => [backend.cumsum(x, shape.length - 1, false), backend.cumsum(x, 0, true)],
      tolerance: 'exact',
    }));
    yield* inEveryLayout(shape, (input, layout) => ({
      kernel: 'topK',
      name: `[${shape}] ${layout}`,
      inputs: [input],
      run: (backend, x) => {
        const { values, indices } = backend.topK(x, 3, true);
        return [values, indices];
      },
      tolerance: 'exact',
    }));
  }
  for (const largest of [true, false]) {
    for (const values of [
      [2, 1, 2, 1],
      [3, Number.NaN, 1, Number.NaN, Infinity, 3, -Infinity],
    ]) {
      yield {
        kernel: 'topK',
        name: `${largest ? 'largest' : 'smallest'} of ${values.join(' ')}`,
        inputs: [{ shape: [3, 7], values }],
        run: (backend, x) => {
          const all = backend.topK(x, 7, largest);
          return [all.values, all.indices];
        },
        tolerance: 'exact',
      };
    }
  }
}

function* rows(): Generator<Row> {
  const odd = [Number.NaN, Infinity, 1, 2, -Infinity, 3, 4, 5, 6];
  const inputs: readonly Omit<Input, 'shape' | 'layout'>[] = [
    {},
    { range: [-60, 60] },
    { values: [1, -Infinity, 2, 0.5, -Infinity] },
    { values: [-Infinity] },
    { values: odd },
    { values: [3000, -3000, 1000, 0] },
    { values: [3e38, -3e38, 1e38, 0] }, // softmax only: ln 2 vanishes beside 3e38 in the reference
  ];
  for (const shape of [[5], [2, 3, 7], ...matrices] as Shape[]) {
    for (const [i, base] of inputs.entries()) {
      for (const kernel of ['softmax', 'logSoftmax'] as const) {
        if (kernel === 'logSoftmax' && i === 6) continue;
        yield* inEveryLayout(
          shape,
          (input, layout) => ({
            kernel,
            name: `[${shape}] ${layout}, inputs ${i}`,
            inputs: [input],
            run: (backend, x) => backend[kernel](x),
            tolerance:
              kernel === 'softmax'
                ? { absolute: 1.2e-38, relative: 5e-6 }
                : { absolute: 1e-6, relative: 5e-7 },
          }),
          base,
        );
      }
    }
    for (const kernel of ['softmaxAdjoint', 'logSoftmaxAdjoint'] as const) {
      for (const other of ['row-major', 'expanded'] as const) {
        yield* inEveryLayout(
          shape,
          (input, layout) => ({
            kernel,
            name: `[${shape}] ${layout}, dy ${other}`,
            inputs: [input, { shape, layout: other, range: [-1, 1] }],
            run: (backend, y, dy) => backend[kernel](y, dy),
            tolerance: { absolute: 2e-5, relative: 4e-6 },
          }),
          { range: kernel === 'softmaxAdjoint' ? [0, 1] : [-4, 0] },
        );
      }
    }
    if (shape.length !== 2) continue;
    const [n, width] = shape as [number, number];
    for (const [i, base] of inputs.slice(0, 6).entries()) {
      const ids = Array.from({ length: 13 }, (_, k) => (k % 3 === 2 ? -100 : (k * 7) % width));
      for (const targetLayout of ['row-major', 'every second'] as const) {
        const targets: Input = { shape: [n], dtype: 'int32', values: ids, layout: targetLayout };
        yield* inEveryLayout(
          shape,
          (input, layout) => ({
            kernel: 'crossEntropy',
            name: `[${shape}] ${layout}, targets ${targetLayout}, inputs ${i}`,
            inputs: [input, targets],
            run: (backend, logits, ids) => {
              const { losses, logSumExp } = backend.crossEntropy(logits, ids, -100);
              return [losses, logSumExp];
            },
            tolerance: { absolute: 1e-6, relative: 5e-7 },
          }),
          base,
        );
      }
    }
    const targets: Input = { shape: [n], dtype: 'int32', values: ids(width) };
    for (const upstream of ['row-major', 'expanded'] as const) {
      yield* inEveryLayout(
        shape,
        (input, layout) => ({
          kernel: 'crossEntropyAdjoint',
          name: `[${shape}] ${layout}, dy ${upstream}`,
          inputs: [input, targets, { shape: [n], range: [1, 9] }, { shape: [n], layout: upstream }],
          run: (backend, logits, ids, logSumExp, dLosses) =>
            backend.crossEntropyAdjoint(logits, ids, logSumExp, dLosses, -100),
          tolerance: { absolute: 1e-6, relative: 1e-6 },
        }),
        { range: [-5, 5] },
      );
    }
  }
}

const ids = (length: number) => Array.from({ length: 17 }, (_, k) => (k % 5 === 4 ? -100 : (k * 5) % length));

function* indexing(): Generator<Row> {
  for (const [rowsOfTable, width, count] of [
    [5, 3, 4],
    [5, 8, 0],
    [1, 1, 3],
    [7, 0, 3],
    [300, 128, 400],
    [2048, 37, 1000],
  ] as const) {
    const index: Input = { shape: [count], dtype: 'int32', range: [0, rowsOfTable - 0.01] };
    for (const indexLayout of ['row-major', 'every second', 'expanded'] as const) {
      yield* inEveryLayout([rowsOfTable, width], (input, layout) => ({
        kernel: 'gatherRows',
        name: `[${rowsOfTable}, ${width}] ${layout} by ${count} ${indexLayout}`,
        inputs: [input, { ...index, layout: indexLayout }],
        run: (backend, table, which) => backend.gatherRows(table, which),
        tolerance: 'exact',
      }));
      yield* inEveryLayout([count, width], (input, layout) => ({
        kernel: 'scatterAddRows',
        name: `[${count}, ${width}] ${layout} into ${rowsOfTable} ${indexLayout}`,
        inputs: [input, { ...index, layout: indexLayout }],
        run: (backend, source, which) => backend.scatterAddRows(rowsOfTable, which, source),
        tolerance: 'exact', // both add in float32, in order of the index
      }));
    }
  }
  yield* inEveryLayout([4, 6], (input, layout) => ({
    kernel: 'gather and scatterAdd',
    name: layout,
    inputs: [input, { shape: [4, 3], dtype: 'int32', range: [0, 5.9] }, { shape: [4, 3] }],
    run: (backend, x, index, source) => [
      backend.gather(x, 1, index),
      backend.scatterAdd([4, 6], 1, index, source),
    ],
    tolerance: 'exact',
  }));
}

function* products(): Generator<Row> {
  for (const [m, k, n] of [
    [1, 1, 1],
    [0, 3, 2],
    [3, 0, 2],
    [1, 64, 33],
    [4, 8, 8],
    [5, 3, 7],
    [17, 31, 13],
    [65, 300, 70],
    [130, 40, 1030],
  ] as const) {
    for (const right of ['row-major', 'transposed', 'sliced', 'expanded'] as const) {
      yield* inEveryLayout([m, k], (input, layout) => ({
        kernel: 'matmul',
        name: `${m} x ${k} x ${n}, ${layout} x ${right}`,
        inputs: [input, { shape: [k, n], layout: right }],
        run: (backend, a, b) => backend.matmul(a, b),
        tolerance: { absolute: 1e-6 * Math.max(4, k), relative: 1e-6 },
      }));
    }
  }
  for (const batch of [[3], [2, 3], [0]]) {
    yield* inEveryLayout([...batch, 5, 6], (input, layout) => ({
      kernel: 'matmul',
      name: `batch [${batch}] ${layout}`,
      inputs: [input, { shape: [...batch, 6, 9], layout: 'expanded' }],
      run: (backend, a, b) => backend.matmul(a, b),
      tolerance: { absolute: 6e-6, relative: 1e-6 },
    }));
  }
}

function* optimizer(): Generator<Row> {
  for (const shape of [[0], [1], [7], [30, 11], [200, 301]]) {
    for (const layout of ['row-major', 'transposed', 'expanded'] as const) {
      for (const [step, weightDecay, gradientScale] of [
        [1, 0, 1],
        [1000, 0.1, 0.37],
      ] as const) {
        yield {
          kernel: 'adamw',
          name: `[${shape}] gradient ${layout}, step ${step}`,
          inputs: [{ shape }, { shape, layout }, { shape, range: [-0.1, 0.1] }, { shape, range: [0, 0.01] }],
          run: (backend, parameter, gradient, firstMoment, secondMoment) => {
            const rates = { learningRate: 1e-2, beta1: 0.9, beta2: 0.999, eps: 1e-8 };
            const views = { parameter, gradient, firstMoment, secondMoment };
            backend.adamw([{ ...views, weightDecay }], { ...rates, step, gradientScale });
            return [parameter.data, firstMoment.data, secondMoment.data];
          },
          tolerance: { absolute: 2e-7, relative: 4e-7 },
          inPlace: true,
        };
      }
    }
  }
  // Many parameters in one call, each with its own decay: the last ones are shorter than what a thread computes.
  const shapes: Shape[] = [[3], [70, 90], [0], [1], [4096], [20000], [129]];
  yield {
    kernel: 'adamw',
    name: 'many parameters',
    inputs: shapes.flatMap((shape) => [
      { shape },
      { shape },
      { shape },
      { shape, range: [0, 0.01] as const },
    ]),
    run: (backend, ...views) => {
      const rates = { step: 3, learningRate: 1e-2, beta1: 0.9, beta2: 0.95, eps: 1e-8, gradientScale: 0.5 };
      const targets = shapes.map((_, i) => {
        const [parameter, gradient, firstMoment, secondMoment] = views.slice(4 * i) as [
          View,
          View,
          View,
          View,
        ];
        return { parameter, gradient, firstMoment, secondMoment, weightDecay: 0.1 * i };
      });
      backend.adamw(targets, rates);
      return views.map((view) => view.data);
    },
    tolerance: { absolute: 2e-7, relative: 4e-7 },
    inPlace: true,
  };
  for (const layout of layouts) {
    yield {
      kernel: 'sumOfSquares',
      name: layout,
      inputs: [[3], [1], [0], [70, 90], [4096], [20000]].map((shape) => ({ shape, layout })),
      run: (backend, ...views) => backend.sumOfSquares(views),
      tolerance: { relative: 1e-6 },
    };
  }
  yield {
    kernel: 'sumOfSquares',
    name: 'nothing',
    inputs: [{ shape: [0] }],
    run: (backend, x) => backend.sumOfSquares([x]),
    tolerance: 'exact',
  };
}

/** All rows. Add a family of kernels by adding its generator. */
export const table: readonly Row[] = [
  ...movement(),
  ...unary(),
  ...binary(),
  ...selection(),
  ...reductions(),
  ...rows(),
  ...indexing(),
  ...products(),
  ...optimizer(),
];
