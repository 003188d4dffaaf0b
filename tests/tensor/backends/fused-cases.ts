/**
 * The fused kernels against the compositions they stand for, in the form of the conformance table (cases.ts).
 *
 * On a backend without fused kernels (the reference) a row runs the composition, gradients by autograd; on one with them, the
 * kernel. Shapes as in edges/sizes.ts: every rest of a vector, and less than a block, one, one and a bit, several, and a part
 * more.
 */
import type { Backend } from '../../../src/tensor/backend.ts';
import type { Data } from '../../../src/tensor/dtype.ts';
import { concat, scope, Tensor } from '../../../src/tensor/index.ts';
import { type View, viewOf } from '../../../src/tensor/view.ts';
import { around, tails } from './edges/sizes.ts';
import type { Input, Layout, Row } from './harness.ts';

const tolerance = { absolute: 2e-6, relative: 1e-5 };
const leaf = (backend: Backend, view: View) => new Tensor(view, backend).requireGrad();

/** Gradients of `inputs` when the gradient of `y` is `dy`; zeros where nothing flows. */
function gradients(y: Tensor, dy: Tensor, inputs: readonly Tensor[]): Data[] {
  y.backward({ gradient: dy });
  return inputs.map((input) => (input.grad ?? input.detach().mul(0)).data);
}

function* norms(): Generator<Row> {
  for (const [i, [rows, width]] of [
    ...([
      [1, 1],
      [5, 7],
      [0, 4],
      [37, 64],
      [3, 1030],
    ] as const),
    ...tails.map((n) => [3, n] as const),
    ...around(128).map((n) => [n, 64] as const), // a share of rows
    [37, 230] as const, // 58 groups of four columns, a share is 56
  ].entries()) {
    // Two of each: an eps that is lost or fixed shows where it is large, or the numbers are small.
    const eps = [1e-5, 0.3, 1e-4][i % 3]!;
    const inputs: Input[] = [
      { shape: [rows, width], range: i % 3 === 2 ? [-0.02, 0.01] : [-2, 2] },
      { shape: [width], range: [0.5, 2], layout: 'every second' },
      { shape: [rows, width], range: [-1, 1] },
    ];
    const norm = (x: Tensor, weight: Tensor) =>
      x.mul(x.square().mean(-1, { keepDim: true }).add(eps).rsqrt()).mul(weight);
    const scales = (backend: Backend, x: View) =>
      scope(() => new Tensor(x, backend).square().mean(-1).add(eps).rsqrt()).view;
    yield {
      kernel: 'rmsNorm',
      name: `[${rows}, ${width}], eps ${eps}`,
      inputs,
      run: (backend, x, weight) => {
        if (backend.fused === undefined)
          return [norm(new Tensor(x, backend), new Tensor(weight, backend)).data, scales(backend, x).data];
        const { y, scales: s } = backend.fused.rmsNorm(x, weight, eps);
        return [y, s];
      },
      tolerance,
    };
    yield {
      kernel: 'rmsNormAdjoint',
      name: `[${rows}, ${width}], eps ${eps}`,
      inputs,
      run: (backend, x, weight, dy) => {
        if (backend.fused === undefined) {
          const [a, b] = [leaf(backend, x), leaf(backend, weight)];
          return gradients(norm(a, b), new Tensor(dy, backend), [a, b]);
        }
        const factors = scales(backend, x);
        const { dx, dWeight } = backend.fused.rmsNormAdjoint(x, weight, factors, dy);
        backend.release(factors.data);
        return [dx, dWeight];
      },
      tolerance: { absolute: i % 3 === 2 ? 3e-4 : 2e-5, relative: 2e-5 }, // 1 / rms is 100 there
    };
  }
}

function* gates(): Generator<Row> {
  const lengths = [...tails, ...around(4096)].map((n) => [n]);
  for (const shape of [[3, 5], [2, 3, 7], [0, 3], [40, 176], ...lengths]) {
    for (const layout of ['row-major', 'transposed', 'expanded'] as const) {
      if (shape.length === 1 && layout === 'transposed') continue;
      const inputs: Input[] = [{ shape, range: [-5, 5], layout }, { shape }, { shape, layout: 'sliced' }];
      const gate = (g: Tensor, u: Tensor) => g.silu().mul(u);
      yield {
        kernel: 'swiglu',
        name: `[${shape}] ${layout}`,
        inputs,
        run: (backend, g, u) =>
          backend.fused?.swiglu(g, u) ?? gate(new Tensor(g, backend), new Tensor(u, backend)).data,
        tolerance,
      };
      yield {
        kernel: 'swigluAdjoint',
        name: `[${shape}] ${layout}`,
        inputs,
        run: (backend, g, u, dy) => {
          if (backend.fused === undefined) {
            const [a, b] = [leaf(backend, g), leaf(backend, u)];
            return gradients(gate(a, b), new Tensor(dy, backend), [a, b]);
          }
          const { dGate, dUp } = backend.fused.swigluAdjoint(g, u, dy);
          return [dGate, dUp];
        },
        tolerance,
      };
    }
  }
}

function* ropes(): Generator<Row> {
  const layouts: Layout[] = ['row-major', 'sliced', 'every second'];
  for (const [i, [B, H, T, d]] of [
    ...([
      [1, 1, 1, 2],
      [2, 3, 5, 8],
      [2, 1, 1, 6],
    ] as const),
    ...tails.map((half) => [2, 3, 4, 2 * half] as const),
    [3, 2, 700, 2] as const, // a share is 4096 rows
    [2, 3, 150, 18] as const, // 456
  ].entries()) {
    for (const batches of [1, B]) {
      for (const inverse of [false, true]) {
        const angles: Input = { shape: [batches, 1, T, d / 2], layout: i % 2 === 0 ? 'row-major' : 'sliced' };
        yield {
          kernel: 'rope',
          name: `[${B}, ${H}, ${T}, ${d}], angles of ${batches}${inverse ? ', back' : ''}`,
          // x as a layer has it: [B, T, H, d] with the heads turned to the front
          inputs: [{ shape: [B, T, H, d], layout: layouts[i % 3]! }, angles, angles],
          run: (backend, x, cos, sin) => {
            const [b, t, h, one] = x.stride as [number, number, number, number];
            const turned = viewOf(x.data, [B, H, T, d], [b, h, t, one], x.offset);
            if (backend.fused !== undefined) return backend.fused.rope(turned, cos, sin, inverse);
            const [value, c] = [new Tensor(turned, backend), new Tensor(cos, backend)];
            const s = new Tensor(sin, backend).mul(inverse ? -1 : 1);
            const [p, q] = [value.slice(-1, 0, d / 2), value.slice(-1, d / 2)];
            return concat([p.mul(c).sub(q.mul(s)), p.mul(s).add(q.mul(c))], -1).data;
          },
          tolerance,
        };
      }
    }
  }
}

function* linears(): Generator<Row> {
  const layouts: Layout[] = ['row-major', 'sliced', 'row-major', 'transposed'];
  for (const [i, [n, width, outputs]] of [
    ...([
      [1, 1, 1],
      [5, 7, 3],
      [0, 4, 2],
      [33, 64, 70],
    ] as const),
    ...tails.map((rest, j) => [1 + (j % 7), rest, 1 + ((j * 2) % 9)] as const),
    ...([
      [1, 19, 4],
      [2, 35, 7],
      [3, 16, 5],
      [1, 48, 9],
    ] as const), // one to three rows: dot products
    ...([
      [1, 2048, 261],
      [3, 512, 1027],
    ] as const), // shares of 256 and of 1024 outputs
    ...([
      [260, 8, 33],
      [13, 300, 20],
    ] as const), // a share of rows of a bias is 249; two blocks of k are added to it
  ].entries()) {
    for (const withBias of [false, true]) {
      yield {
        kernel: 'linear',
        name: `${n} x ${width} x ${outputs}${withBias ? ' with bias' : ''}`,
        inputs: [
          { shape: [n, width], layout: layouts[i % 4]! },
          { shape: [outputs, width], layout: layouts[(i >> 1) % 4]! },
          { shape: [outputs], layout: i % 3 === 0 ? 'every second' : 'row-major' },
        ],
        run: (backend, x, weight, bias) => {
          if (backend.fused !== undefined) return backend.fused.linear(x, weight, withBias ? bias : null);
          const y = new Tensor(x, backend).matmul(new Tensor(weight, backend).transpose());
          return (withBias ? y.add(new Tensor(bias, backend)) : y).data;
        },
        tolerance: { absolute: 1e-6 * Math.max(4, width), relative: 2e-6 },
        forThreads: width * outputs > 1e5,
      };
    }
  }
}

type AttentionSizes = readonly [B: number, H: number, K: number, T: number, S: number, d: number];

const attentionSizes: readonly AttentionSizes[] = [
  ...([
    [1, 1, 1, 1, 1, 2],
    [2, 4, 2, 5, 5, 8],
    [2, 4, 4, 7, 7, 4],
  ] as const),
  ...([
    [1, 2, 1, 1, 9, 4],
    [2, 2, 2, 3, 10, 6],
    [1, 2, 2, 1, 70, 4],
  ] as const),
  ...tails.map((d) => [2, 2, 1, 1, 6 + (d % 4), d] as const), // decoding: d in sixteens, keys in fours
  ...tails.map((d) => [2, 3, 1, 2 + (d % 4), 9 - (d % 3), d] as const),
  ...around(24).map((T) => [2, 2, 2, T, T, 5] as const), // blocks of queries
  ...around(24).map((T) => [1, 4, 2, T, T + 6, 4] as const),
  [3, 6, 2, 26, 29, 18] as const, // more heads than shares
  [1, 1, 1, 3, 270, 3] as const, // more keys than a block of a product
];

export const attentionRows = (sizes: readonly AttentionSizes[]): Row[] => [...attentions(sizes)];

function* attentions(sizes: readonly AttentionSizes[]): Generator<Row> {
  for (const [i, [B, H, K, T, S, d]] of sizes.entries()) {
    for (const masked of [false, true]) {
      const name = `B ${B}, heads ${H}/${K}, ${T} queries, ${S} keys, width ${d}${masked ? ', mask' : ''}`;
      // Keys live in a cache of larger capacity, heads or time in front; the mask hides every fifth place, also a query's own.
      const timeFirst = i % 2 === 1;
      const cache = timeFirst ? [B, S + 2, K, d] : [B, K, S + 2, d];
      const masks = i % 3 === 2 ? 1 : B;
      const inputs: Input[] = [
        { shape: [B, T, H, d] },
        { shape: cache },
        { shape: cache },
        { shape: [B, 1, 1, T, S], values: [0] },
        { shape: [B, T, H, d], range: [-1, 1] },
      ];
      const hidden = (b: number, t: number, s: number) =>
        s > S - T + t || (masked && S - T + t > 0 && ((b % masks) + t + s) % 5 === 0); // never the only key
      const maskOf = (backend: Backend) => {
        const values = new Float32Array(masks * T * S);
        for (let i = 0; i < values.length; i++) {
          const [b, t, s] = [Math.floor(i / (T * S)), Math.floor(i / S) % T, i % S];
          values[i] = hidden(b, t, s) ? 1 : 0;
        }
        return viewOf(backend.upload(values), [masks, 1, 1, T, S]);
      };
      const views = (q: View, k: View, v: View) => {
        const [b, t, h, one] = q.stride as [number, number, number, number];
        const keys = ({ data, stride: [batch, first, second, last], offset }: View) =>
          viewOf(
            data,
            [B, K, S, d],
            timeFirst ? [batch!, second!, first!, last!] : [batch!, first!, second!, last!],
            offset,
          );
        return { q: viewOf(q.data, [B, H, T, d], [b, h, t, one], q.offset), k: keys(k), v: keys(v) };
      };
      const scale = 1 / Math.sqrt(d);
      const composed = (q: Tensor, k: Tensor, v: Tensor, mask: Tensor) => {
        const scores = q
          .mul(scale)
          .reshape([B, K, H / K, T, d])
          .matmul(k.unsqueeze(2).transpose());
        const weights = scores.maskedFill(mask, -1e30);
        const y = weights.softmax(-1).matmul(v.unsqueeze(2)).reshape([B, H, T, d]).transpose(1, 2);
        const logSums = weights.exp().sum(-1).log().reshape([B, H, T]);
        return { y: y.contiguous(), logSums };
      };
      yield {
        kernel: 'attention',
        name,
        inputs,
        run: (backend, ...given) => {
          const { q, k, v } = views(...(given as [View, View, View]));
          const mask = maskOf(backend);
          if (backend.fused === undefined) {
            const tensors = [q, k, v, mask].map((view) => new Tensor(view, backend));
            const { y, logSums } = composed(...(tensors as [Tensor, Tensor, Tensor, Tensor]));
            return [y.data, logSums.data];
          }
          const { y, logSums } = backend.fused.attention({ q, k, v, mask: masked ? mask : null, scale });
          backend.release(mask.data);
          return [y, logSums];
        },
        tolerance,
      };
      yield {
        kernel: 'attentionAdjoint',
        name,
        inputs,
        run: (backend, ...given) => {
          const { q, k, v } = views(...(given as [View, View, View]));
          const mask = maskOf(backend);
          if (backend.fused === undefined) {
            const leaves = [q, k, v].map((view) => leaf(backend, view)) as [Tensor, Tensor, Tensor];
            const { y } = composed(...leaves, new Tensor(mask, backend));
            return gradients(y, new Tensor(given[4]!, backend), leaves);
          }
          const inputs = { q, k, v, mask: masked ? mask : null, scale };
          const { y, logSums } = backend.fused.attention(inputs);
          const [out, sums] = [viewOf(y, [B, T, H, d]), viewOf(logSums, [B, H, T])];
          const { dq, dk, dv } = backend.fused.attentionAdjoint(inputs, out, sums, given[4]!);
          for (const data of [mask.data, y, logSums]) backend.release(data);
          return [dq, dk, dv];
        },
        tolerance: { absolute: 1e-5, relative: 1e-5 },
      };
    }
  }
}

function* outputLosses(): Generator<Row> {
  for (const [i, [n, width, classes]] of [
    ...([
      [1, 1, 2],
      [5, 7, 11],
      [0, 4, 3],
      [40, 16, 130],
    ] as const),
    ...tails.map((rest) => [3 + (rest % 3), 1 + (rest % 6), 1 + rest] as const),
    ...around(256).map((rows) => [rows, 3, 5] as const), // logits are held for 256 rows at once
    [603, 5, 9] as const,
    [260, 6, 300] as const, // shares of rows, blocks of k, a last part of few rows
  ].entries()) {
    const ignored = i % 3 === 2 ? 0 : -100;
    const ids = Array.from({ length: 7 }, (_, j) => (j === 4 ? ignored : (j * 5) % classes));
    yield {
      kernel: 'linearCrossEntropy',
      name: `${n} x ${width} x ${classes}, ignoring ${ignored}`,
      inputs: [
        { shape: [n, width], layout: i % 2 === 0 ? 'row-major' : 'sliced' },
        { shape: [classes, width], layout: i % 4 === 3 ? 'transposed' : 'row-major' },
        { shape: [n], dtype: 'int32', values: ids, layout: i % 5 === 4 ? 'every second' : 'row-major' },
      ],
      run: (backend, hidden, weight, targets) => {
        if (backend.fused === undefined) {
          const [x, w] = [leaf(backend, hidden), leaf(backend, weight)];
          const losses = x
            .matmul(w.transpose())
            .crossEntropy(new Tensor(targets, backend), { reduction: 'none', ignoreIndex: ignored });
          losses.sum().backward();
          return [losses.data, (x.grad ?? x.detach()).data, w.grad!.data];
        }
        const { losses, dHidden, dWeight } = backend.fused.linearCrossEntropy(
          hidden,
          weight,
          targets,
          ignored,
        );
        return [losses, dHidden, dWeight];
      },
      tolerance: { absolute: 1e-5, relative: 1e-5 },
    };
  }
}

export const fusedTable: readonly Row[] = [
  ...norms(),
  ...gates(),
  ...ropes(),
  ...linears(),
  ...attentions(attentionSizes),
  ...outputLosses(),
];
