/**
 * Fused ops on the wasm backend against the formulas of the layers: values and gradients. (Every kernel:
 * backends/wasm/fused.test.ts.)
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startWasmBackend } from '../../../src/platform/node.ts';
import { fromFunction } from '../../../src/tensor/create.ts';
import type { FusedKernels } from '../../../src/tensor/fused.ts';
import {
  concat,
  fromArray,
  fusedFor,
  Random,
  randn,
  reference,
  type Shape,
  type Tensor,
  withDefaults,
  zeros,
} from '../../../src/tensor/index.ts';
import {
  fusedAttention,
  fusedLinear,
  fusedLinearCrossEntropy,
  fusedRmsNorm,
  fusedRope,
  fusedSwiglu,
} from '../../../src/tensor/ops/fused.ts';
import { allClose, differs } from '../../close.ts';

const backend = await startWasmBackend({ threads: 1, maximumBytes: 64 << 20 });
const tolerance = { absolute: 1e-5, relative: 1e-5 };

test('fusedFor: the kernels of the backend, and null in float64, for integers and on the reference', () => {
  assert.is(fusedFor(zeros([1], { backend })), backend.fused);
  assert.is(fusedFor(zeros([1], { backend, dtype: 'float64' })), null);
  assert.is(fusedFor(zeros([1], { backend, dtype: 'int32' })), null);
  assert.is(fusedFor(zeros([1], { backend: reference })), null);
});

interface Pair {
  readonly name: string;
  readonly inputs: readonly Shape[];
  readonly fused: (kernels: FusedKernels, ...inputs: Tensor[]) => Tensor;
  readonly composed: (...inputs: Tensor[]) => Tensor;
}

const [angles, future, hidden] = withDefaults({ backend }, () => {
  const place = (fn: (b: number, t: number, s: number) => boolean, batches: number) =>
    fromFunction([batches, 1, 1, 4, 4], (i) => Number(fn(Math.floor(i / 16), Math.floor(i / 4) % 4, i % 4)));
  return [
    randn([2, 1, 5, 3], new Random(5)),
    place((_, t, s) => s > t, 1),
    place((b, t, s) => s < t && (b + t + s) % 3 === 0, 2),
  ];
});
const targets = (ignored: number) => fromArray(Int32Array.of(0, ignored, 6, 3, ignored, 1), [6], { backend });

const pairs: readonly Pair[] = [
  {
    name: 'rmsNorm',
    inputs: [[2, 3, 8], [8]],
    fused: (kernels, x, weight) => fusedRmsNorm(kernels, x!, weight!, 1e-5),
    composed: (x, weight) => x!.mul(x!.square().mean(-1, { keepDim: true }).add(1e-5).rsqrt()).mul(weight!),
  },
  {
    name: 'swiglu',
    inputs: [
      [2, 3, 8],
      [2, 3, 8],
    ],
    fused: (kernels, gate, up) => fusedSwiglu(kernels, gate!, up!),
    composed: (gate, up) => gate!.silu().mul(up!),
  },
  {
    name: 'linear',
    inputs: [[2, 3, 8], [5, 8], [5]],
    fused: (kernels, x, weight, bias) => fusedLinear(kernels, x!, weight!, bias!),
    composed: (x, weight, bias) => x!.matmul(weight!.transpose()).add(bias!),
  },
  {
    name: 'linear of a view, without bias',
    inputs: [
      [3, 8, 2],
      [8, 5],
    ],
    fused: (kernels, x, weight) => fusedLinear(kernels, x!.permute([2, 0, 1]), weight!.transpose(), null),
    composed: (x, weight) => x!.permute([2, 0, 1]).matmul(weight!),
  },
  ...[1, 2].map((batches): Pair => {
    const [c, s] = [angles.cos(), angles.sin()].map((all) =>
      batches === 1 ? all.slice(0, 0, 1).reshape([5, 3]) : all,
    );
    return {
      name: `rope, ${batches === 1 ? 'one table' : 'places of each row'}`,
      inputs: [[2, 5, 3, 6]],
      fused: (kernels, x) => fusedRope(kernels, x!.transpose(1, 2), c!, s!),
      composed: (x) => {
        const [a, b] = x!.transpose(1, 2).split([3, 3], -1) as [Tensor, Tensor];
        return concat([a.mul(c!).sub(b.mul(s!)), a.mul(s!).add(b.mul(c!))], -1);
      },
    };
  }),
  ...[null, hidden, hidden.transpose(3, 4).contiguous().transpose(3, 4)].map(
    (mask, i): Pair => ({
      name: `attention, ${['no mask', 'mask', 'mask that lies turned'][i]}`,
      inputs: [
        [2, 4, 4, 6],
        [2, 2, 4, 6],
        [2, 4, 2, 6],
      ],
      fused: (kernels, q, k, v) =>
        fusedAttention(kernels, { q: q!.transpose(1, 2), k: k!, v: v!.transpose(1, 2), mask, scale: 0.3 }),
      composed: (q, k, v) => {
        const grouped = q!.transpose(1, 2).reshape([2, 2, 2, 4, 6]);
        const scores = grouped.matmul(k!.unsqueeze(2).transpose()).mul(0.3);
        const seen = scores.maskedFill(future, -Infinity);
        const weights = (mask === null ? seen : seen.maskedFill(mask, -Infinity)).softmax(-1);
        const mixed = weights.matmul(v!.transpose(1, 2).unsqueeze(2)); // [B, K, G, T, d]
        return mixed.reshape([2, 4, 4, 6]).transpose(1, 2).reshape([2, 4, 24]);
      },
    }),
  ),
  ...[-100, 2].map(
    (ignored): Pair => ({
      name: `linearCrossEntropy, ignoring ${ignored}`,
      inputs: [
        [6, 5],
        [7, 5],
      ],
      fused: (kernels, x, weight) => fusedLinearCrossEntropy(kernels, x!, weight!, targets(ignored), ignored),
      composed: (x, weight) =>
        x!
          .matmul(weight!.transpose())
          .crossEntropy(targets(ignored), { reduction: 'sum', ignoreIndex: ignored }),
    }),
  ),
];

test('kernels that give several gradients run once for all of them', () => {
  for (const { name, inputs, fused } of pairs) {
    const calls = new Map<string, number>();
    const own = backend.fused!; // wasm has them
    const counted = Object.fromEntries(
      Object.entries(own).map(([kernel, run]) => [
        kernel,
        (...args: never[]) => {
          calls.set(kernel, (calls.get(kernel) ?? 0) + 1);
          return (run as (...args: never[]) => unknown)(...args);
        },
      ]),
    ) as unknown as FusedKernels;
    evaluate(inputs, (...leaves) => fused(counted, ...leaves));
    assert.ok(calls.size > 0, name);
    for (const [kernel, times] of calls) assert.is(times, kernel === 'rope' ? 2 : 1, `${name}: ${kernel}`);
  }
});

/** The value and the gradients of all inputs, under a fixed random upstream gradient. */
function evaluate(inputs: readonly Shape[], fn: (...inputs: Tensor[]) => Tensor): Float32Array[] {
  const random = new Random(1);
  const leaves = inputs.map((shape) => randn(shape, random, { backend }).requireGrad());
  const y = fn(...leaves);
  y.backward({ gradient: randn(y.shape, random, { backend }) });
  return [y, ...leaves.map((leaf) => leaf.grad!)].map((t) => t.toArray() as Float32Array);
}

for (const { name, inputs, fused, composed } of pairs) {
  test(`${name}: values and gradients of the formula`, () => {
    const expected = evaluate(inputs, composed);
    const actual = evaluate(inputs, (...leaves) => fused(fusedFor(leaves[0]!)!, ...leaves)); // float32 on wasm
    for (const [i, values] of actual.entries()) allClose(values, expected[i]!, tolerance, `${i}`);
    const wrong = evaluate(inputs, (...leaves) => composed(...leaves).mul(1.001));
    assert.ok(
      wrong.every((values, i) => differs(values, expected[i]!, tolerance)),
      'negative control',
    );
  });
}

test.after(() => backend.stop());

test.run();
