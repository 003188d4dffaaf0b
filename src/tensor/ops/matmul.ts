/**
 * Matrix product over the last two axes, with broadcasting over the axes before them.
 *
 *   Y = A B        dA = dY B^T        dB = A^T dY
 *
 * [..., M, K] x [..., K, N] -> [..., M, N]. Transposes are views: no kernel input is ever copied to be turned around.
 */
import { record } from '../autograd.ts';
import { broadcastShapes, formatShape, ShapeError, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastView } from '../view.ts';
import { checkPair } from './arithmetic.ts';
import { reshape, transpose } from './shape.ts';
import { unbroadcast } from './sum.ts';

export function matmul(a: Tensor, b: Tensor): Tensor {
  checkPair('matmul', a, b);
  if (a.rank < 2 || b.rank < 2 || a.shape.at(-1) !== b.shape.at(-2)) {
    throw new ShapeError(
      `matmul: ${formatShape(a.shape)} x ${formatShape(b.shape)} does not multiply: ` +
        'both need two axes, and the last of the first must equal the second to last of the second',
    );
  }
  // [B, T, K] x [K, N] is one tall product, not B small ones.
  if (b.rank === 2 && a.rank > 2) {
    const rows = a.shape.slice(0, -1);
    return reshape(matmul(reshape(a, [sizeOf(rows), a.shape.at(-1)!]), b), [...rows, b.shape[1]!]);
  }
  const batch = broadcastShapes('matmul (leading axes)', a.shape.slice(0, -2), b.shape.slice(0, -2));
  const left = broadcastView(a.view, [...batch, ...a.shape.slice(-2)]);
  const right = broadcastView(b.view, [...batch, ...b.shape.slice(-2)]);
  const shape = [...batch, a.shape.at(-2)!, b.shape.at(-1)!];
  return record(
    'matmul',
    a.backend.matmul(left, right),
    shape,
    [a, b],
    [
      (dy) => unbroadcast(matmul(dy, transpose(b)), a.shape),
      (dy) => unbroadcast(matmul(transpose(a), dy), b.shape),
    ],
  );
}
