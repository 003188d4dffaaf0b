/**
 * Order and running sums along an axis.
 *
 *   topK, sort      values and their positions; the gradient of a value goes back to where it came from
 *   cumsum          y_i = x_0 + ... + x_i         dx_i = dy_i + dy_(i+1) + ...  (a cumulative sum from the other end)
 *
 * NaN counts as larger than every number, as in PyTorch: first among the largest, last in ascending order.
 */
import { record } from '../autograd.ts';
import { formatShape, normalizeAxis, ShapeError } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { scatterAdd } from './indexing.ts';

interface Ordered {
  readonly values: Tensor;
  /** int32 positions along the last axis. */
  readonly indices: Tensor;
}

interface OrderOptions {
  /** Largest first (default for topK) or smallest first (default for sort). */
  readonly descending?: boolean;
}

/** The k largest elements along the last axis, in order; equal ones by position. */
export function topK(x: Tensor, k: number, options: OrderOptions = {}): Ordered {
  const length = x.shape.at(-1);
  if (length === undefined || !Number.isInteger(k) || k < 0 || k > length) {
    throw new ShapeError(`topK: cannot take ${k} of the last axis of ${formatShape(x.shape)}`);
  }
  const shape = [...x.shape.slice(0, -1), k];
  const kernel = x.backend.topK(x.view, k, options.descending ?? true);
  const indices = record('topK', kernel.indices, shape, [x]);
  const values = record('topK', kernel.values, shape, [x], [(dy) => scatterAlongLast(x, indices, dy)]);
  return { values, indices };
}

/** All elements along the last axis in order; equal ones keep their order (stable). */
export function sort(x: Tensor, options: OrderOptions = {}): Ordered {
  return topK(x, x.shape.at(-1) ?? 0, { descending: options.descending ?? false });
}

function scatterAlongLast(x: Tensor, indices: Tensor, dy: Tensor): Tensor {
  return scatterAdd(x.shape, x.rank - 1, indices, dy);
}

/** Running sum along `axis`, from its end with `reverse`. */
export function cumsum(x: Tensor, axis = -1, options: { reverse?: boolean } = {}): Tensor {
  const at = normalizeAxis('cumsum', axis, x.shape);
  const reverse = options.reverse ?? false;
  const data = x.backend.cumsum(x.view, at, reverse);
  return record('cumsum', data, x.shape, [x], [(dy) => cumsum(dy, at, { reverse: !reverse })]);
}
