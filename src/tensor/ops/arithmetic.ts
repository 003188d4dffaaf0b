/**
 * Arithmetic of two tensors, or of a tensor and a number, with NumPy broadcasting.
 *
 *   a + b      da = dy                 db = dy
 *   a - b      da = dy                 db = -dy
 *   a * b      da = dy b               db = dy a
 *   a / b      da = dy / b             db = -dy a / b^2
 *   a ^ b      da = dy b a^(b-1)       db = dy a^b ln a      (0 where a = 0)
 *   max(a, b)  the larger one gets dy; equal ones get half each
 *
 * An input that was stretched gets its gradient summed back to its own shape (`unbroadcast`).
 */
import { record } from '../autograd.ts';
import type { BinaryKind } from '../backend.ts';
import { broadcastShapes, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastView } from '../view.ts';
import { log, neg, square } from './elementwise.ts';
import { unbroadcast } from './sum.ts';

type Scalar = number;
type Pair = [a: Tensor, b: Tensor | Scalar];
type PairAdjoint = (dy: Tensor) => Tensor;

/** Apply a binary kernel with broadcasting. The adjoints return gradients of the broadcast shape. */
export function binary(
  kind: BinaryKind,
  [a, b]: Pair,
  da: PairAdjoint | null,
  db: PairAdjoint | null,
): Tensor {
  if (typeof b === 'number') {
    const data = a.backend.binary(kind, a.view, b, a.shape, a.dtype);
    return record(kind, data, a.shape, [a], [da]);
  }
  checkPair(kind, a, b);
  const same = sameShape(a.shape, b.shape);
  const shape = same ? a.shape : broadcastShapes(kind, a.shape, b.shape);
  const left = same ? a.view : broadcastView(a.view, shape);
  const right = same ? b.view : broadcastView(b.view, shape);
  const data = a.backend.binary(kind, left, right, shape, a.dtype);
  return record(
    kind,
    data,
    shape,
    [a, b],
    [
      da && ((dy) => unbroadcast(da(dy), a.shape)), //
      db && ((dy) => unbroadcast(db(dy), b.shape)),
    ],
  );
}

/** Both on one backend, both of one type. */
export function checkPair(op: string, a: Tensor, b: Tensor): void {
  if (a.dtype !== b.dtype) {
    throw new TypeError(`${op}: cannot mix ${a.dtype} and ${b.dtype}; convert one of them with .to(dtype)`);
  }
  checkBackend(op, a, b);
}

export function checkBackend(op: string, a: Tensor, b: Tensor): void {
  if (a.backend !== b.backend) {
    throw new TypeError(`${op}: one tensor is on ${a.backend.name}, the other on ${b.backend.name}`);
  }
}

export function add(a: Tensor, b: Tensor | Scalar): Tensor {
  return binary(
    'add',
    [a, b],
    (dy) => dy,
    (dy) => dy,
  );
}

export function sub(a: Tensor, b: Tensor | Scalar): Tensor {
  return binary('sub', [a, b], (dy) => dy, neg);
}

export function mul(a: Tensor, b: Tensor | Scalar): Tensor {
  return binary(
    'mul',
    [a, b],
    (dy) => mul(dy, b),
    (dy) => mul(dy, a),
  );
}

export function div(a: Tensor, b: Tensor | Scalar): Tensor {
  return binary(
    'div',
    [a, b],
    (dy) => div(dy, b),
    (dy) => neg(div(mul(dy, a), square(b as Tensor))),
  );
}

/** a to the power b; the gradient of the exponent needs a >= 0. */
export function pow(a: Tensor, b: Tensor | Scalar): Tensor {
  // d/da at b = 0 is 0 everywhere; the formula would give 0 * a^-1 = NaN at a = 0, so there 1 stands in for a.
  const base = (dy: Tensor) => {
    if (typeof b === 'number') return b === 0 ? mul(dy, 0) : mul(mul(dy, b), pow(a, b - 1));
    const isBoth = mul(binary('eq', [a, 0], null, null), binary('eq', [b, 0], null, null));
    return mul(mul(dy, b), pow(add(a, isBoth), sub(b, 1)));
  };
  const exponent = (dy: Tensor) => {
    const isZero = binary('eq', [a, 0], null, null);
    const safe = add(a, isZero); // ln 1 = 0 stands in for 0^b ln 0 -> 0
    return mul(mul(dy, pow(a, b)), log(safe));
  };
  return binary('pow', [a, b], base, exponent);
}

export function maximum(a: Tensor, b: Tensor | Scalar): Tensor {
  return binary(
    'maximum',
    [a, b],
    (dy) => mul(dy, winnerShare('gt', a, b)),
    (dy) => mul(dy, winnerShare('lt', a, b)),
  );
}

export function minimum(a: Tensor, b: Tensor | Scalar): Tensor {
  return binary(
    'minimum',
    [a, b],
    (dy) => mul(dy, winnerShare('lt', a, b)),
    (dy) => mul(dy, winnerShare('gt', a, b)),
  );
}

/** 1 where the comparison holds, 1/2 where both are equal, else 0. */
function winnerShare(kind: 'gt' | 'lt', a: Tensor, b: Tensor | Scalar): Tensor {
  const wins = binary(kind, [a, b], null, null);
  const ties = binary('eq', [a, b], null, null);
  return add(wins, mul(ties, 0.5));
}
