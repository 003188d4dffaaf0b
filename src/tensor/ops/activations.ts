/**
 * Nonlinearities between linear layers.
 *
 *   sigmoid(x) = 1 / (1 + e^-x)            y' = y (1 - y)
 *   silu(x)    = x sigmoid(x)              y' = s (1 + x (1 - s)),  s = sigmoid(x)       (Hendrycks & Gimpel 2016; "swish")
 *   tanh(x)                                y' = 1 - y^2
 *   relu(x)    = max(x, 0)                 y' = 1 where x > 0
 *   logSigmoid(x) = ln sigmoid(x) = min(x, 0) - ln(1 + e^-|x|)      y' = sigmoid(-x)
 *   gelu(x)    = x (1 + erf(x / sqrt 2)) / 2                       (Hendrycks & Gimpel 2016, eq. 1)
 *   gelu tanh  = x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2   (ibid., the approximation)
 */

import type { Tensor } from '../tensor.ts';
import { add, minimum, mul, sub } from './arithmetic.ts';
import { gt } from './compare.ts';
import { abs, exp, log, neg, square, unary } from './elementwise.ts';

export function sigmoid(x: Tensor): Tensor {
  return unary('sigmoid', x, (dy, y) => mul(dy, mul(y, oneMinus(y))));
}

/**
 * ln sigmoid(x) where sigmoid(x) itself would be 0: at -1000 it is -1000, not -Infinity. Composed of ops whose gradients at 0
 * (halves from the minimum, nothing from |x|) add up to the right 1/2.
 */
export function logSigmoid(x: Tensor): Tensor {
  return sub(minimum(x, 0), log(add(exp(neg(abs(x))), 1)));
}

export function silu(x: Tensor): Tensor {
  return unary('silu', x, (dy) => {
    const s = sigmoid(x);
    return mul(dy, mul(s, add(mul(x, oneMinus(s)), 1)));
  });
}

export function tanh(x: Tensor): Tensor {
  return unary('tanh', x, (dy, y) => mul(dy, oneMinus(square(y))));
}

export function relu(x: Tensor): Tensor {
  return unary('relu', x, (dy) => mul(dy, gt(x, 0)));
}

interface GeluOptions {
  readonly approximate?: 'none' | 'tanh';
}

export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  if (options.approximate === 'tanh') {
    const inner = mul(add(x, mul(mul(square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
    return mul(mul(x, 0.5), add(tanh(inner), 1));
  }
  return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
}

/** The error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
export function erf(x: Tensor): Tensor {
  return unary('erf', x, (dy) => mul(mul(dy, exp(neg(square(x)))), 2 / Math.sqrt(Math.PI)));
}

function oneMinus(x: Tensor): Tensor {
  return sub(mul(x, -1), -1);
}
