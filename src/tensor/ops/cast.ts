/**
 * Change of element type. Values are rounded to the nearest representable one (towards zero for int32).
 *
 *   y = to(x, dtype)     dx = dy in the type of x; int32 has no gradient
 */
import { record } from '../autograd.ts';
import type { DType } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';

export function to(x: Tensor, dtype: DType): Tensor {
  if (dtype === x.dtype) return x;
  const adjoint = dtype === 'int32' || x.dtype === 'int32' ? null : (dy: Tensor) => to(dy, x.dtype);
  return record('to', x.backend.copy(x.view, dtype), x.shape, [x], [adjoint]);
}
