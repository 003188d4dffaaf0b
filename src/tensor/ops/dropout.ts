/**
 * Dropout: set a random share p of the elements to zero and scale the rest by 1 / (1 - p), so that the mean stays.
 *
 *   y = x * mask / (1 - p)        dx = dy * mask / (1 - p)                 (Srivastava et al. 2014; "inverted" form)
 *
 * The mask comes from a seeded generator: the same seed drops the same elements on every backend.
 */
import { fromArray } from '../create.ts';
import { hostArray } from '../dtype.ts';
import type { Random } from '../random.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './arithmetic.ts';

export function dropout(x: Tensor, probability: number, random: Random): Tensor {
  if (!(probability >= 0 && probability < 1)) {
    throw new RangeError(`dropout: the probability must be in [0, 1), got ${probability}`);
  }
  if (probability === 0) return x;
  const keep = hostArray(x.dtype, x.size);
  for (let i = 0; i < keep.length; i++) keep[i] = random.float() < probability ? 0 : 1 / (1 - probability);
  return mul(x, fromArray(keep, x.shape, { backend: x.backend }));
}
