/**
 * Gradient check: compare adjoints with central differences.
 *
 *   d/dx_i <u, f(x)>  is about  ( <u, f(x + h e_i)> - <u, f(x - h e_i)> ) / 2h        error O(h^2)
 *
 * u is a fixed random upstream gradient: with ones instead, errors that cancel in the sum (a transposed gradient, a wrong
 * softmax) would go unseen. It must run in float64: in float32 the difference drowns in rounding. For inputs near 1, h = 1e-5
 * leaves about 1e-10 of truncation and 1e-11 of rounding error, far below the tolerance of 1e-6.
 *
 * The error of an element is relative to that element, so that a wrong adjoint does not pass because its numbers are small. Near
 * zero, where rounding is all there is, a floor takes its place: a thousandth of the largest gradient or a ten-thousandth of the
 * terms of <u, f(x)>, neither taken as more than 1.
 */
import { backward, noGrad } from './autograd.ts';
import { fromArray, uniform } from './create.ts';
import { mul } from './ops/arithmetic.ts';
import { abs } from './ops/elementwise.ts';
import { sum } from './ops/sum.ts';
import { Random } from './random.ts';
import { formatShape } from './shape.ts';
import type { Tensor } from './tensor.ts';

export interface GradcheckOptions {
  /** Step of the difference. */
  readonly step?: number;
  /** Largest allowed |analytic - numeric| / (|numeric| + floor). */
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

  const differences = inputs.map((input) =>
    input.requiresGrad ? centralDifferences(input, step, objective) : new Float64Array(0),
  );
  let largest = 0;
  for (const numbers of differences)
    for (const numeric of numbers) largest = Math.max(largest, Math.abs(numeric));
  const size = noGrad(() => sum(abs(mul(output.detach(), upstream))).item());
  const floor = Math.max(Math.min(1, largest) / 1000, Math.min(1, size) / 10_000);

  let worst = 0;
  inputs.forEach((input, position) => {
    if (!input.requiresGrad) return;
    const analytic = input.grad?.toArray() ?? new Float64Array(input.size);
    for (const [i, numeric] of differences[position]!.entries()) {
      const difference = Math.abs(analytic[i]! - numeric);
      const error = difference === 0 ? 0 : difference / (Math.abs(numeric) + floor);
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

/** One number for each element of `input`, which is left as it was. */
function centralDifferences(input: Tensor, step: number, objective: () => number): Float64Array {
  const values = input.toArray();
  return Float64Array.from(values, (original, i) => {
    const at = (value: number) => {
      values[i] = value;
      input.assign(fromArray(values.slice(), input.shape, { backend: input.backend }));
      return objective();
    };
    const numeric = (at(original + step) - at(original - step)) / (2 * step);
    at(original);
    return numeric;
  });
}
