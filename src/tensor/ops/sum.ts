/**
 * Sum and expand: each is the other's adjoint.
 *
 *   y = sum(x, axes)     dx = expand(dy)       every summand gets the sum's gradient
 *   y = expand(x)        dx = sum(dy)          every copy sends its gradient back to the original
 *
 * `unbroadcast` is that second line for the adjoints of all broadcasting ops. mean is sum / n.
 */
import { record, recordView } from '../autograd.ts';
import {
  type Axes,
  broadcastShapes,
  formatShape,
  normalizeAxes,
  reducedShape,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
} from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastView } from '../view.ts';
import { reshape } from './shape.ts';

export interface ReduceOptions {
  /** Keep the reduced axes with length 1, so that the result broadcasts against the input. */
  readonly keepDim?: boolean;
}

/** Sum over `axes` (all of them by default). */
export function sum(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const reduced = normalizeAxes('sum', axes, x.shape);
  const kept = reducedShape(x.shape, reduced, true);
  const shape = reducedShape(x.shape, reduced, options.keepDim ?? false);
  const data = x.backend.reduce('sum', x.view, reduced);
  return record('sum', data, shape, [x], [(dy) => expand(reshape(dy, kept), x.shape)]);
}

/** Mean over `axes` (all of them by default). Over zero elements it is an error, not a NaN. */
export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const reduced = normalizeAxes('mean', axes, x.shape);
  if (x.dtype === 'int32')
    throw new TypeError('mean: an int32 tensor cannot hold fractions; convert it with .to(dtype)');
  const count = sizeOf(reduced.map((axis) => x.shape[axis]!));
  if (count === 0)
    throw new ShapeError(`mean: the axes ${formatShape(reduced)} of ${formatShape(x.shape)} hold nothing`);
  const total = sum(x, axes, options);
  const scale = (t: Tensor) => t.backend.binary('mul', t.view, 1 / count, t.shape, t.dtype);
  return record(
    'mean',
    scale(total),
    total.shape,
    [total],
    [(dy) => record('mean', scale(dy), dy.shape, [dy])],
  );
}

/** The same numbers repeated along axes of length 1 and new leading axes; no memory is copied. */
export function expand(x: Tensor, shape: Shape): Tensor {
  if (!sameShape(broadcastShapes('expand', x.shape, shape), shape)) {
    throw new ShapeError(`expand: ${formatShape(x.shape)} does not stretch to ${formatShape(shape)}`);
  }
  if (sameShape(x.shape, shape)) return x;
  return recordView('expand', broadcastView(x.view, shape), x, (dy) => unbroadcast(dy, x.shape));
}

/** Sum `dy` back to `shape`: the adjoint of broadcasting from `shape` to the shape of `dy`. */
export function unbroadcast(dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy;
  const shift = dy.shape.length - shape.length;
  const axes = dy.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < shift || shape[axis - shift] !== dy.shape[axis]);
  return reshape(sum(dy, axes, { keepDim: true }), shape);
}

/** The squares of all elements of all tensors added up: one number. Not differentiable; for the norm of gradients. */
export function sumOfSquares(tensors: readonly [Tensor, ...Tensor[]]): Tensor {
  const { backend } = tensors[0];
  return record('sumOfSquares', backend.sumOfSquares(tensors.map((tensor) => tensor.view)), [], tensors);
}
