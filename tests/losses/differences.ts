/** Central differences in float64 through a loss, with a wrong adjoint that must be caught. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gradcheck, Random, randn, type Tensor, tensor } from '../../src/tensor/index.ts';
import { float64 } from '../models/tiny.ts';

const N = 12;

/** Twelve normal numbers, others for each seed; `leaf` asks for their gradient. */
export const fixed = (seed: number, std = 1): Tensor =>
  randn([N], new Random(seed), { std, dtype: 'float64' });
export const leaf = (seed: number, std = 1): Tensor => fixed(seed, std).requireGrad();

/** The value of y with 1.01 times its gradient. */
const skewed = (y: Tensor): Tensor => y.mul(tensor(1.01)).sub(y.detach().mul(tensor(0.01)));

export function gradientHolds(
  name: string,
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
): void {
  test(`central differences: ${name}`, () => {
    float64(() => {
      const worst = gradcheck(fn, inputs);
      assert.ok(worst < 1e-6, `worst relative error ${worst}`);
      assert.throws(() => gradcheck((...x) => skewed(fn(...x)), inputs), /central differences/);
    });
  });
}
