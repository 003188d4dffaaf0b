/**
 * Softmax and its logarithm.
 *
 *   softmax(x)_i = e^(x_i) / sum_j e^(x_j)             dx = y (dy - sum(y dy))
 *   logSoftmax(x) = x - logSumExp(x)                   dx = dy - softmax(x) sum(dy)
 *
 * Computed with the row maximum subtracted, so that no exponential overflows. A row of -Infinity only gives zeros.
 */
import { record } from '../autograd.ts';
import { normalizeAxis } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { transpose } from './shape.ts';

export function softmax(x: Tensor, axis = -1): Tensor {
  return alongLast('softmax', x, axis, (t) => {
    const y: Tensor = record(
      'softmax',
      t.backend.softmax(t.view),
      t.shape,
      [t],
      [(dy) => record('softmax', dy.backend.softmaxAdjoint(y.view, dy.view), dy.shape, [dy])],
    );
    return y;
  });
}

export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return alongLast('logSoftmax', x, axis, (t) => {
    const y: Tensor = record(
      'logSoftmax',
      t.backend.logSoftmax(t.view),
      t.shape,
      [t],
      [(dy) => record('logSoftmax', dy.backend.logSoftmaxAdjoint(y.view, dy.view), dy.shape, [dy])],
    );
    return y;
  });
}

/** Kernels work along the last axis; any other is swapped there and back. */
function alongLast(op: string, x: Tensor, axis: number, apply: (t: Tensor) => Tensor): Tensor {
  const at = normalizeAxis(op, axis, x.shape);
  const last = x.rank - 1;
  return at === last ? apply(x) : transpose(apply(transpose(x, at, last)), at, last);
}
