/**
 * Fused ops on the wasm backend against the formulas of the layers: values and gradients. (Every kernel:
 * backends/wasm/fused.test.ts.)
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startWasmBackend } from '../../../src/platform/node.ts';
import type { FusedKernels } from '../../../src/tensor/fused.ts';
import {
  fusedFor,
  Random,
  randn,
  reference,
  type Shape,
  type Tensor,
  zeros,
} from '../../../src/tensor/index.ts';
import { fusedLinear, fusedRmsNorm, fusedSwiglu } from '../../../src/tensor/ops/fused.ts';
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
];

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
