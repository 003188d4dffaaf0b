/**
 * Functions of one number, applied to every element.
 *
 *   -x: -dy      |x|: dy sign x      e^x: dy y        ln x: dy / x        x^2: 2 x dy
 *   sqrt x: dy / (2 y)       1/sqrt x: -dy y^3 / 2       1/x: -dy y^2      sin x: dy cos x      cos x: -dy sin x
 *
 * (x the input, y the output; the derivative is written with whichever of them makes it shortest.)
 * exp, log, sin and cos are those of the JavaScript engine: within 1 ulp of the true value in V8, but not specified to the bit.
 */
import { record } from '../autograd.ts';
import type { UnaryKind } from '../backend.ts';
import type { Adjoint, Tensor } from '../tensor.ts';

/** Apply a unary kernel; `adjoint` gets dy and the output y. */
export function unary(kind: UnaryKind, x: Tensor, adjoint: (dy: Tensor, y: Tensor) => Tensor): Tensor {
  const back: Adjoint = (dy) => adjoint(dy, y);
  const y: Tensor = record(kind, x.backend.unary(kind, x.view), x.shape, [x], [back]);
  return y;
}

/** Products without recording, for adjoints (arithmetic.ts builds on this file, so it cannot be imported here). */
function times(a: Tensor, b: Tensor | number): Tensor {
  const data = a.backend.binary('mul', a.view, typeof b === 'number' ? b : b.view, a.shape, a.dtype);
  return record('mul', data, a.shape, [a]);
}

export function neg(x: Tensor): Tensor {
  return unary('neg', x, neg);
}

export function abs(x: Tensor): Tensor {
  const sign = () => {
    const positive = x.backend.binary('gt', x.view, 0, x.shape, x.dtype);
    const negative = x.backend.binary('lt', x.view, 0, x.shape, x.dtype);
    const view = (data: typeof positive) => record('sign', data, x.shape, [x]).view;
    return record(
      'sign',
      x.backend.binary('sub', view(positive), view(negative), x.shape, x.dtype),
      x.shape,
      [x],
    );
  };
  return unary('abs', x, (dy) => times(dy, sign()));
}

export function exp(x: Tensor): Tensor {
  return unary('exp', x, (dy, y) => times(dy, y));
}

/** Natural logarithm. */
export function log(x: Tensor): Tensor {
  return unary('log', x, (dy) => times(dy, reciprocal(x)));
}

export function sqrt(x: Tensor): Tensor {
  return unary('sqrt', x, (dy, y) => times(times(dy, reciprocal(y)), 0.5));
}

/** 1 / sqrt(x) */
export function rsqrt(x: Tensor): Tensor {
  return unary('rsqrt', x, (dy, y) => times(times(dy, times(y, square(y))), -0.5));
}

export function square(x: Tensor): Tensor {
  return unary('square', x, (dy) => times(times(dy, x), 2));
}

/** 1 / x */
export function reciprocal(x: Tensor): Tensor {
  return unary('reciprocal', x, (dy, y) => times(times(dy, square(y)), -1));
}

export function sin(x: Tensor): Tensor {
  return unary('sin', x, (dy) => times(dy, cos(x)));
}

export function cos(x: Tensor): Tensor {
  return unary('cos', x, (dy) => times(times(dy, sin(x)), -1));
}
