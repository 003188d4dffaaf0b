/** RMSNorm: against PyTorch and central differences, and what a wrong adjoint would look like. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RMSNorm } from '../../src/nn/rmsnorm.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import {
  GradcheckError,
  gradcheck,
  Random,
  randn,
  reference,
  type Tensor,
  withDefaults,
} from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { float64, randomize } from '../models/tiny.ts';
import { golden, likeDifferences, likePyTorch } from './layer-checks.ts';

test('like PyTorch, one row so small that eps counts', () => {
  float64(() => {
    const norm = new RMSNorm(8, golden.number('rms_norm/eps'));
    likePyTorch('rms_norm', norm, (x) => norm.forward(x));
    const withoutEps = new RMSNorm(8, 0);
    withoutEps.weight.assign(golden.tensor('rms_norm/weight'));
    const y = withoutEps.forward(golden.tensor('rms_norm/x')).toArray();
    assert.ok(differs(y, golden.values('rms_norm/y'), { absolute: 1e-3 }), 'without eps it must differ');
  });
});

test('central differences', () => {
  float64(() => {
    const norm = new RMSNorm(5);
    likeDifferences(norm, [2, 3, 5], (x) => norm.forward(x));
  });
});

test('negative control: a norm that forgets how its own scale depends on x is caught', () => {
  float64(() => {
    const norm = randomize(new RMSNorm(5), 23);
    const x = randn([2, 5], new Random(3)).requireGrad();
    const wrong = (input: Tensor) => {
      const scale = input.square().mean(-1, { keepDim: true }).add(norm.eps).rsqrt().detach();
      return input.mul(scale).mul(norm.weight);
    };
    assert.throws(
      () => gradcheck(wrong, [x]),
      (error: Error) => error instanceof GradcheckError,
    );
  });
});

test('the formula with its own eps, whatever it is, with and without the fused kernel', async () => {
  const wasm = await startWasmBackend({ threads: 1 });
  for (const backend of [reference, wasm])
    for (const eps of [0, 1e-6, 0.01, 3])
      for (const dim of [3, 8, 17])
        withDefaults({ backend }, () => {
          const norm = randomize(new RMSNorm(dim, eps), 4);
          const x = randn([5, dim], new Random(dim), { std: 0.2 });
          const [values, gains] = [x.toArray(), norm.weight.toArray()];
          const expected = Array.from(values, (value, i) => {
            const row = Array.from(values.subarray(i - (i % dim), i - (i % dim) + dim));
            const meanSquare = row.reduce((sum, each) => sum + each * each, 0) / dim;
            return (value / Math.sqrt(meanSquare + eps)) * gains[i % dim]!;
          });
          allClose(norm.forward(x).toArray(), expected, { absolute: 1e-5 }, `eps ${eps}, D ${dim}`);
        });
  wasm.stop();
});

test.run();
