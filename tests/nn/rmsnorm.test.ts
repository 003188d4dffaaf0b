/** RMSNorm: against PyTorch and central differences, and what a wrong adjoint would look like. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RMSNorm } from '../../src/nn/rmsnorm.ts';
import { GradcheckError, gradcheck, Random, randn, type Tensor } from '../../src/tensor/index.ts';
import { differs } from '../close.ts';
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

test.run();
