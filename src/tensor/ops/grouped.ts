/**
 * Grouped product: consecutive rows of one matrix form groups, and each group meets a weight of its own.
 *
 *   y_g = x_g W_g^T          dx_g = dy_g W_g          dW_g = dy_g^T x_g
 *
 * What a mixture of experts computes once its tokens are sorted by expert: each token is multiplied with the weights of its
 * expert alone. A group without rows costs nothing; the gradient of its weight is zeros, as if it had been multiplied with
 * nothing.
 * Shapes: x [N, in], G weights [out, in], counts: rows of each group, adding up to N; y [N, out].
 */
import { record } from '../autograd.ts';
import type { Data } from '../dtype.ts';
import { formatShape, ShapeError, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { turned, type View, viewOf } from '../view.ts';
import { checkPair } from './arithmetic.ts';

export function groupedLinear(x: Tensor, weights: readonly Tensor[], counts: readonly number[]): Tensor {
  const [outputs, inputs] = checkGroups(x, weights, counts);
  const starts = startsOf(counts);
  const rows = x.shape[0]!;
  return record(
    'groupedLinear',
    multiply(x, weights, counts, starts, outputs, true),
    [rows, outputs],
    [x, ...weights],
    [
      (dy) =>
        record('groupedLinear', multiply(dy, weights, counts, starts, inputs, false), [rows, inputs], [dy]),
      ...weights.map((weight, group) => (dy: Tensor) => {
        const [start, count] = [starts[group]!, counts[group]!];
        const data =
          count === 0
            ? dy.backend.allocate(dy.dtype, weight.size)
            : dy.backend.matmul(turned(rowsOf(dy.view, start, count)), rowsOf(x.view, start, count));
        return record('groupedLinear', data, weight.shape, [dy]);
      }),
    ],
  );
}

/** [N, width]: the rows of each group times its weight, transposed or as it is. */
function multiply(
  x: Tensor,
  weights: readonly Tensor[],
  counts: readonly number[],
  starts: readonly number[],
  width: number,
  transposed: boolean,
): Data {
  const { backend, dtype, view } = x;
  const rows = x.shape[0]!;
  const data = backend.allocate(dtype, rows * width);
  const result = viewOf(data, [rows, width]);
  for (let group = 0; group < weights.length; group++) {
    const [start, count] = [starts[group]!, counts[group]!];
    if (count === 0) continue;
    const weight = weights[group]!.view;
    const part = backend.matmul(rowsOf(view, start, count), transposed ? turned(weight) : weight);
    backend.assign(rowsOf(result, start, count), viewOf(part, [count, width]));
    backend.release(part);
  }
  return data;
}

function rowsOf({ data, shape, stride, offset }: View, start: number, count: number): View {
  return viewOf(data, [count, shape[1]!], stride, offset + start * stride[0]!);
}

function startsOf(counts: readonly number[]): number[] {
  let start = 0;
  return counts.map((count) => {
    start += count;
    return start - count;
  });
}

function checkGroups(
  x: Tensor,
  weights: readonly Tensor[],
  counts: readonly number[],
): [outputs: number, inputs: number] {
  const first = weights[0];
  if (first === undefined) throw new ShapeError('groupedLinear: there is no weight');
  for (const weight of weights) {
    checkPair('groupedLinear', x, weight);
    if (!sameShape(weight.shape, first.shape)) {
      throw new ShapeError(
        `groupedLinear: the weights must have one shape, got ${formatShape(first.shape)} and ${formatShape(weight.shape)}`,
      );
    }
  }
  if (x.rank !== 2 || first.rank !== 2 || x.shape[1] !== first.shape[1]) {
    throw new ShapeError(
      `groupedLinear: rows ${formatShape(x.shape)} do not multiply with weights ${formatShape(first.shape)}: ` +
        'expected [N, in] and [out, in]',
    );
  }
  const isCount = (n: number) => Number.isInteger(n) && n >= 0;
  if (
    counts.length !== weights.length ||
    !counts.every(isCount) ||
    counts.reduce((a, b) => a + b, 0) !== x.shape[0]
  ) {
    throw new ShapeError(
      `groupedLinear: groups of ${formatShape(counts)} rows do not divide ${formatShape(x.shape)} ` +
        `among ${weights.length} weights`,
    );
  }
  return first.shape as [number, number];
}
