/** Edges of the kernels that work along rows: reductions, softmax and cross-entropy, rows by index. */
import type { ReduceKind } from '../../../../src/tensor/backend.ts';
import type { Shape } from '../../../../src/tensor/shape.ts';
import type { Input, Row } from '../harness.ts';
import { around, large, layoutOf, tails } from './sizes.ts';

export function* reductions(): Generator<Row> {
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

export function* softmaxRows(): Generator<Row> {
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

export function* indexing(): Generator<Row> {
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
