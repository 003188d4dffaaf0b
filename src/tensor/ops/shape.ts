/**
 * Ops that only change the shape or the order of axes. They move no data unless the new shape cannot be a view.
 *
 *   y = reshape(x)     dx = reshape(dy) back
 *   y = permute(x, p)  dx = permute(dy, inverse of p)
 */
import { record, recordView } from '../autograd.ts';
import { formatShape, normalizeAxis, resolveReshape, type Shape, ShapeError, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { isContiguous, rowMajorView, viewOf } from '../view.ts';

/** The same elements in another shape; one length may be -1 and is worked out. */
export function reshape(x: Tensor, to: Shape): Tensor {
  const shape = resolveReshape(x.shape, to);
  if (sameShape(shape, x.shape)) return x;
  const flat = contiguous(x);
  return recordView('reshape', rowMajorView(flat.view, shape), flat, (dy) => reshape(dy, x.shape));
}

/** Row-major memory: the tensor itself if it already is, else a copy. */
export function contiguous(x: Tensor): Tensor {
  if (isContiguous(x.view)) return x;
  return record('contiguous', x.backend.copy(x.view, x.dtype), x.shape, [x], [(dy) => dy]);
}

/** An independent copy of the numbers in fresh row-major memory. */
export function clone(x: Tensor): Tensor {
  return record('clone', x.backend.copy(x.view, x.dtype), x.shape, [x], [(dy) => dy]);
}

/** Axis i of the result is axis `order[i]` of x. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  const axes = order.map((axis) => normalizeAxis('permute', axis, x.shape));
  if (axes.length !== x.rank || new Set(axes).size !== x.rank) {
    throw new ShapeError(
      `permute: ${formatShape(order)} does not name every axis of ${formatShape(x.shape)} once`,
    );
  }
  const inverse = axes.map((_, axis) => axes.indexOf(axis));
  const { data, shape, stride, offset } = x.view;
  const view = viewOf(
    data,
    axes.map((axis) => shape[axis]!),
    axes.map((axis) => stride[axis]!),
    offset,
  );
  return recordView('permute', view, x, (dy) => permute(dy, inverse));
}

/** Swap two axes (the last two by default). */
export function transpose(x: Tensor, axis1 = -2, axis2 = -1): Tensor {
  const a = normalizeAxis('transpose', axis1, x.shape);
  const b = normalizeAxis('transpose', axis2, x.shape);
  const order = x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis));
  return permute(x, order);
}

/** Insert an axis of length 1 before `axis` (negative: counted from the end of the result). */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  const at = axis < 0 ? axis + x.rank + 1 : axis;
  if (!Number.isInteger(at) || at < 0 || at > x.rank) {
    throw new ShapeError(`unsqueeze: no place ${axis} in a tensor of shape ${formatShape(x.shape)}`);
  }
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** Remove an axis of length 1. */
export function squeeze(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis('squeeze', axis, x.shape);
  if (x.shape[at] !== 1) {
    throw new ShapeError(`squeeze: axis ${axis} of ${formatShape(x.shape)} has length ${x.shape[at]}, not 1`);
  }
  return reshape(
    x,
    x.shape.filter((_, other) => other !== at),
  );
}
