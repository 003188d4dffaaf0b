/**
 * The kernels of decoding, which only some backends have, against plain loops: the next token, storing one token of each row,
 * attention over rows of different lengths, and products of few rows.
 */
import { plainNextTokens } from '../../../src/generation/next-tokens.ts';
import type { HostArray } from '../../../src/tensor/dtype.ts';
import { Random, scope, Tensor } from '../../../src/tensor/index.ts';
import { around, layoutOf, tails } from './edges/sizes.ts';
import type { Row } from './harness.ts';

function* nextTokens(): Generator<Row> {
  const sizes = [...tails, ...around(64), ...around(1024)];
  for (const [i, V] of sizes.entries()) {
    for (const drawn of [false, true]) {
      const rows = 1 + (i % 5);
      const random = new Random(i);
      yield {
        kernel: 'nextTokens',
        name: `[${rows}, ${V}]${drawn ? ', drawn' : ''}`,
        inputs: [
          { shape: [rows, V], range: i % 2 === 0 ? [-3, 3] : [-120, 40], layout: layoutOf(i) },
          { shape: [rows], dtype: 'int32', values: Array.from({ length: rows }, () => random.uint32() | 0) },
        ],
        run: (backend, logits, draws) => {
          const kernel = backend.fused?.nextTokens;
          if (kernel !== undefined) {
            const { ids, logProbs } = kernel(logits, drawn ? draws : null);
            return [ids, logProbs];
          }
          const [values, given] = [logits, draws].map((view) => new Tensor(view, backend).toArray());
          const next = plainNextTokens(
            values as Float32Array,
            [rows, V],
            drawn ? (given as Int32Array) : null,
          );
          return [Int32Array.from(next.ids), Float32Array.from(next.logProbs)];
        },
        tolerance: { absolute: 1e-5, relative: 1e-6 },
      };
    }
  }
  yield firstOfSeveral;
}

const firstOfSeveral: Row = {
  kernel: 'nextTokens',
  name: 'the first of equal ones',
  inputs: [{ shape: [3, 70], values: [1, 0, 2, -1, 2, 2, 0, 1, 1, 0] }],
  run: (backend, logits) => {
    const kernel = backend.fused?.nextTokens;
    if (kernel === undefined) return Int32Array.of(2, 2, 2);
    const { ids, logProbs } = kernel(logits, null);
    backend.release(logProbs);
    return ids;
  },
  tolerance: 'exact',
};

function* stores(): Generator<Row> {
  for (const [i, d] of tails.entries()) {
    const [B, K, capacity] = [1 + (i % 4), 1 + (i % 3), 6];
    yield {
      kernel: 'storeTokens',
      name: `[${B}, ${K}, ${capacity}, ${d}]`,
      inputs: [
        { shape: [B, K, capacity, d] },
        { shape: [B, K, 1, d], layout: layoutOf(i) },
        { shape: [B], dtype: 'int32', values: [2, 0, 5, 3] },
      ],
      run: (backend, cache, tokens, starts) => {
        const store = backend.fused?.storeTokens;
        if (store !== undefined) store(cache, tokens, starts);
        else {
          const at = new Tensor(starts, backend).toArray();
          for (let b = 0; b < B; b++) {
            const column = (view: typeof cache, t: number) =>
              new Tensor(view, backend).slice(0, b, b + 1).slice(2, t, t + 1);
            column(cache, at[b]!).assign(column(tokens, 0));
          }
        }
        return cache.data;
      },
      tolerance: 'exact',
      inPlace: true,
    };
  }
}

function* raggedAttention(): Generator<Row> {
  for (const [i, d] of tails.entries()) {
    const [B, H, K, S] = [1 + (i % 3), 4, i % 2 === 0 ? 4 : 2, 40];
    const past = [3 + i, 39, 0].slice(0, B);
    yield {
      kernel: 'attention past',
      name: `B ${B}, heads ${H}/${K}, up to ${S} keys, width ${d}`,
      inputs: [
        { shape: [B, H, 1, d] },
        { shape: [B, K, S, d] },
        { shape: [B, K, S, d] },
        { shape: [B], dtype: 'int32', values: past },
      ],
      run: (backend, q, k, v, starts) => {
        const scale = 1 / Math.sqrt(d);
        if (backend.fused !== undefined) {
          const { y, logSums } = backend.fused.attention({ q, k, v, mask: null, past: starts, scale });
          return [y, logSums];
        }
        const each = past.map((before, b) =>
          scope(() => {
            const own = ([q, k, v] as const).map((view) => new Tensor(view, backend).slice(0, b, b + 1));
            const [query, keys, values] = own as [Tensor, Tensor, Tensor];
            const grouped = query.mul(scale).reshape([K, H / K, d]);
            const seen = (all: Tensor) => all.slice(2, 0, before + 1).reshape([K, before + 1, d]);
            const scores = grouped.matmul(seen(keys).transpose()); // [K, G, S]
            const y = scores.softmax(-1).matmul(seen(values)).reshape([H, d]);
            return { y: y.toArray(), sums: scores.logSumExp(-1).reshape([H]).toArray() };
          }),
        );
        const joined = (arrays: readonly HostArray[]) =>
          Float32Array.from(arrays.flatMap((array) => [...array]));
        return [joined(each.map(({ y }) => y)), joined(each.map(({ sums }) => sums))];
      },
      tolerance: { absolute: 1e-5, relative: 1e-5 },
    };
  }
}

/** One token of each text: fewer rows than a tile has, as many, more than stay in the nearest cache, the most and one more. */
function* fewRows(): Generator<Row> {
  for (const [i, [rows, width, outputs]] of [
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [n, 33, 6 + (n % 4)] as const),
    ...[29, 30, 31, 61].map((n) => [n, 128, 9] as const),
    ...[5, 6, 7, 13].map((n) => [n, 700, 8] as const),
    ...around(128).map((n) => [n, 17, 5] as const),
    [64, 130, 261] as const, // more than a share
  ].entries()) {
    for (const withBias of [false, true]) {
      yield {
        kernel: 'linear',
        name: `one token of ${rows} texts, ${width} x ${outputs}${withBias ? ' with bias' : ''}`,
        inputs: [
          { shape: [rows, width], layout: i % 3 === 2 ? 'sliced' : 'row-major' },
          { shape: [outputs, width] },
          { shape: [outputs] },
        ],
        run: (backend, x, weight, bias) => {
          if (backend.fused !== undefined) return backend.fused.linear(x, weight, withBias ? bias : null, 1);
          const y = new Tensor(x, backend).matmul(new Tensor(weight, backend).transpose());
          return (withBias ? y.add(new Tensor(bias, backend)) : y).data;
        },
        tolerance: { absolute: 1e-6 * Math.max(4, width), relative: 2e-6 },
      };
    }
  }
}

export const decodingTable: readonly Row[] = [
  ...nextTokens(),
  ...stores(),
  ...raggedAttention(),
  ...fewRows(),
];
