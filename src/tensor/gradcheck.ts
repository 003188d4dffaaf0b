/**
 * Gradient check: compare adjoints with central differences.
 *
 *   d/dx_i <u, f(x)>  is about  ( <u, f(x + h e_i)> - <u, f(x - h e_i)> ) / 2h        error O(h^2)
 *
 * u is a fixed random upstream gradient: with ones instead, errors that cancel in the sum (a transposed gradient, a wrong
 * softmax) would go unseen. It must run in float64: in float32 the difference drowns in rounding. For inputs near 1, h = 1e-5
 * leaves about 1e-10 of truncation and 1e-11 of rounding error, far below the tolerance of 1e-6.
 */
import { backward, noGrad } from './autograd.ts';
import { fromArray, uniform } from './create.ts';
import { mul } from './ops/arithmetic.ts';
import { sum } from './ops/sum.ts';
import { Random } from './random.ts';
import { formatShape } from './shape.ts';
import type { Tensor } from './tensor.ts';

export interface GradcheckOptions {
  /** Step of the difference. */
  readonly step?: number;
  /** Largest allowed |analytic - numeric| / max(1, |numeric|). */
  readonly tolerance?: number;
  /** Seed of the upstream gradient. */
  readonly seed?: number;
}

/** Where and by how much the adjoint differs from the finite difference. */
export class GradcheckError extends Error {
  override readonly name = 'GradcheckError';
}

/**
 * Check the gradient of `fn` at `inputs` (float64 leaves; those with `requiresGrad` are checked).
 * Returns the largest relative error; throws a GradcheckError that names the input and element if it is too large.
 */
export function gradcheck(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): number {
  const { step = 1e-5, tolerance = 1e-6, seed = 7 } = options;
  const checked = inputs.filter((input) => input.requiresGrad);
  if (checked.length === 0)
    throw new Error('gradcheck: no input requires a gradient, there is nothing to check');
  for (const input of checked) {
    if (input.dtype !== 'float64')
      throw new TypeError(`gradcheck: inputs must be float64, got ${input.dtype}`);
    input.grad = null;
  }
  const output = fn(...inputs);
  const { backend } = output;
  const upstream = uniform(output.shape, new Random(seed), { low: -1, high: 1, dtype: 'float64', backend });
  backward(output, { gradient: upstream });
  const objective = () => noGrad(() => sum(mul(fn(...inputs), upstream)).item());

  let worst = 0;
  inputs.forEach((input, position) => {
    if (!input.requiresGrad) return;
    const analytic = input.grad?.toArray() ?? new Float64Array(input.size);
    const values = input.toArray();
    for (let i = 0; i < values.length; i++) {
      const original = values[i]!;
      const at = (value: number) => {
        values[i] = value;
        input.assign(fromArray(values.slice(), input.shape, { backend }));
        return objective();
      };
      const numeric = (at(original + step) - at(original - step)) / (2 * step);
      at(original);
      const error = Math.abs(analytic[i]! - numeric) / Math.max(1, Math.abs(numeric));
      if (!(error <= tolerance)) {
        throw new GradcheckError(
          `gradcheck: input ${position} ${formatShape(input.shape)}, element ${i}: ` +
            `the adjoint gives ${analytic[i]}, central differences ${numeric} (relative error ${error.toExponential(2)})`,
        );
      }
      worst = Math.max(worst, error);
    }
  });
  return worst;
}
