/**
 * Choosing between values element by element. The gradient flows to the chosen value and nowhere else.
 *
 *   where(c, a, b)       a where c != 0, else b         da = c ? dy : 0      db = c ? 0 : dy
 *   maskedFill(x, m, v)  v where m != 0, else x
 *   clamp(x, low, high)  x within its limits             dx = dy inside them (limits included), 0 outside
 */
import { record } from '../autograd.ts';
import { broadcastShapes } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastView } from '../view.ts';
import { checkBackend, checkPair, mul } from './arithmetic.ts';
import { ge, le } from './compare.ts';
import { unbroadcast } from './sum.ts';

export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  const values = [a, b].filter((value): value is Tensor => typeof value !== 'number');
  if (typeof a !== 'number' && typeof b !== 'number') checkPair('where', a, b);
  for (const value of values) checkBackend('where', condition, value);
  const shape = broadcastShapes('where', condition.shape, ...values.map((value) => value.shape));
  const dtype = values[0]?.dtype ?? condition.dtype;
  const stretch = (value: Tensor | number) =>
    typeof value === 'number' ? value : broadcastView(value.view, shape);
  const mask = broadcastView(condition.view, shape);
  const data = condition.backend.where(mask, stretch(a), stretch(b), shape, dtype);
  // By position, not by identity: a and b may be the same tensor.
  const adjoint = (value: Tensor | number, choose: (dy: Tensor) => Tensor) =>
    typeof value === 'number' ? null : (dy: Tensor) => unbroadcast(choose(dy), value.shape);
  const inputs = [a, b].map((value) => (typeof value === 'number' ? condition : value));
  return record('where', data, shape, inputs, [
    adjoint(a, (dy) => where(condition, dy, 0)),
    adjoint(b, (dy) => where(condition, 0, dy)),
  ]);
}

/** `value` where `mask` is not zero. */
export function maskedFill(x: Tensor, mask: Tensor, value: number): Tensor {
  return where(mask, value, x);
}

interface ClampLimits {
  readonly min?: number;
  readonly max?: number;
}

export function clamp(x: Tensor, { min = -Infinity, max = Infinity }: ClampLimits): Tensor {
  if (min > max) throw new RangeError(`clamp: min ${min} is larger than max ${max}`);
  const atLeast = record('clamp', x.backend.binary('maximum', x.view, min, x.shape, x.dtype), x.shape, [x]);
  const data = x.backend.binary('minimum', atLeast.view, max, x.shape, x.dtype);
  return record('clamp', data, x.shape, [x], [(dy) => mul(dy, mul(ge(x, min), le(x, max)))]);
}
