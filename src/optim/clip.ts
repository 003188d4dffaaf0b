/**
 * Gradient clipping by global norm: if all gradients together are longer than `limit`, shorten them to it.
 *
 *   norm = sqrt( sum over all parameters of |g|^2 )        g <- g min(1, limit / norm)        (Pascanu et al. 2013, algorithm 1)
 *
 * One outlier batch then cannot throw the weights far away. The factor is handed to the optimizer instead of being multiplied in.
 */
import type { Module } from '../nn/module.ts';
import { sumOfSquares, type Tensor, zeros } from '../tensor/index.ts';

/** The norm of all gradients as a tensor of one number (read it when needed: that may be asynchronous). */
export function gradientNorm(model: Module): Tensor {
  const [first, ...others] = model.parameters().flatMap(({ grad }) => (grad === null ? [] : [grad]));
  return first === undefined ? zeros([]) : sumOfSquares([first, ...others]).sqrt();
}

/** Factor on every gradient so that their norm is at most `limit` (0 switches clipping off). */
export function clipFactor(norm: number, limit: number): number {
  return limit > 0 && norm > limit ? limit / (norm + 1e-6) : 1;
}
