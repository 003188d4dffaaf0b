/**
 * Largest and smallest elements, and the smooth maximum.
 *
 *   max(x)         dx = dy at the largest element; equal ones share it evenly
 *   argmax(x)      the position of the first largest element, int32, no gradient
 *   logSumExp(x) = m + ln sum e^(x - m), m = max x      dx = dy softmax(x)
 *
 * NaN wins, as in NumPy and PyTorch: with one among the numbers, max and min are NaN and argmax is the place of the first.
 * Subtracting the maximum keeps e^(...) from overflowing; it cancels exactly, so the gradient ignores it.
 */
import { record } from '../autograd.ts';
import type { ReduceKind } from '../backend.ts';
import { type Axes, formatShape, normalizeAxes, normalizeAxis, reducedShape, ShapeError } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { add, div, mul, sub } from './arithmetic.ts';
import { eq, lt } from './compare.ts';
import { abs, exp, log } from './elementwise.ts';
import { where } from './select.ts';
import { reshape } from './shape.ts';
import { type ReduceOptions, sum } from './sum.ts';

export function max(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return extreme('max', x, axes, options);
}

export function min(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return extreme('min', x, axes, options);
}

function extreme(
  kind: Exclude<ReduceKind, 'sum'>,
  x: Tensor,
  axes: Axes | undefined,
  options: ReduceOptions,
): Tensor {
  const reduced = normalizeAxes(kind, axes, x.shape);
  if (reduced.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError(
      `${kind}: nothing to choose from along axes ${formatShape(reduced)} of ${formatShape(x.shape)}`,
    );
  }
  const kept = reducedShape(x.shape, reduced, true);
  const shape = reducedShape(x.shape, reduced, options.keepDim ?? false);
  const y: Tensor = record(
    kind,
    x.backend.reduce(kind, x.view, reduced),
    shape,
    [x],
    [
      (dy) => {
        const winners = eq(x, reshape(y, kept));
        const share = div(winners, sum(winners, reduced, { keepDim: true }));
        return mul(share, reshape(dy, kept));
      },
    ],
  );
  return y;
}

/** Position (int32) of the first largest element along `axis`, or of the first NaN; that axis disappears. */
export function argmax(x: Tensor, axis = -1): Tensor {
  const at = normalizeAxis('argmax', axis, x.shape);
  if (x.shape[at] === 0) throw new ShapeError(`argmax: axis ${axis} of ${formatShape(x.shape)} is empty`);
  return record('argmax', x.backend.argmax(x.view, at), reducedShape(x.shape, [at], false), [x]);
}

export function logSumExp(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const reduced = normalizeAxes('logSumExp', axes, x.shape);
  const largest = max(x.detach(), reduced, { keepDim: true });
  const shift = where(lt(abs(largest), Infinity), largest, 0); // Infinity - Infinity would be NaN
  const logSum = add(log(sum(exp(sub(x, shift)), reduced, { keepDim: true })), shift);
  return options.keepDim ? logSum : reshape(logSum, reducedShape(x.shape, reduced, false));
}
