/** Edges of the functions of one and two numbers, of selection, of copies and fills. */
import type { BinaryKind, UnaryKind } from '../../../../src/tensor/backend.ts';
import type { Shape } from '../../../../src/tensor/shape.ts';
import { broadcastView, viewOf } from '../../../../src/tensor/view.ts';
import type { Input, Row } from '../harness.ts';
import { around, large, layoutOf, layouts, tails, ulp } from './sizes.ts';

export function* elementwise(): Generator<Row> {
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

export function* movement(): Generator<Row> {
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
