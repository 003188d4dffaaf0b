/**
 * The reference backend: plain loops over typed arrays on the JavaScript heap.
 *
 * It is the specification that the fast backends are held to, and what gradient checks run on (in float64). Memory belongs to
 * the garbage collector, so `release` has nothing to do. The kernels are in the files beside this one; this file only binds
 * them to the Backend interface.
 */
import type { Backend } from '../../backend.ts';
import { dtypeOf, type HostArray, hostArray } from '../../dtype.ts';
import { isContiguous, type View } from '../../view.ts';
import { binary, unary, where } from './elementwise.ts';
import { gather, gatherRows, scatterAdd, scatterAddRows } from './indexing.ts';
import { copyInto, forEachRow, host } from './loops.ts';
import { matmul } from './matmul.ts';
import { adamw, sumOfSquares } from './optimizer.ts';
import { argmax, cumsum, reduce, topK } from './reduce.ts';
import {
  crossEntropy,
  crossEntropyAdjoint,
  logSoftmax,
  logSoftmaxAdjoint,
  softmax,
  softmaxAdjoint,
} from './softmax.ts';

const typeOf = (view: View) => dtypeOf(view.data);

function readSync(view: View): HostArray {
  const copy = hostArray(typeOf(view), view.size);
  const data = host(view.data);
  // A row of logits is read for every token: 1 microsecond for 2048 numbers in one piece, 6 one by one.
  if (isContiguous(view)) copy.set(data.subarray(view.offset, view.offset + view.size));
  else copyInto(data, view, copy);
  return copy;
}

function assign(target: View, source: View): void {
  const [to, from] = [host(target.data), host(source.data)];
  forEachRow(target.shape, [target, source], (n, starts, steps) => {
    let [i, j] = starts as [number, number];
    const [s, t] = steps as [number, number];
    for (let k = 0; k < n; k++, i += s, j += t) to[i] = from[j]!;
  });
}

function fill(target: View, value: number): void {
  const to = host(target.data);
  forEachRow(target.shape, [target], (n, [start], [step]) => {
    for (let k = 0, i = start!; k < n; k++, i += step!) to[i] = value;
  });
}

export const reference: Backend = {
  name: 'reference',
  supports: () => true,
  allocate: hostArray,
  upload: (values) => values,
  read: (view) => Promise.resolve(readSync(view)),
  readSync,
  release: () => {},
  copy(x, dtype) {
    const copy = hostArray(dtype, x.size);
    copyInto(host(x.data), x, copy);
    return copy;
  },
  assign,
  fill,
  unary: (kind, x) => unary(kind, x, typeOf(x)),
  binary,
  where,
  reduce: (kind, x, axes) => reduce(kind, x, axes, typeOf(x)),
  argmax,
  cumsum: (x, axis, reverse) => cumsum(x, axis, reverse, typeOf(x)),
  topK: (x, k, largest) => topK(x, k, largest, typeOf(x)),
  matmul: (a, b) => matmul(a, b, typeOf(a)),
  softmax: (x) => softmax(x, typeOf(x)),
  softmaxAdjoint: (y, dy) => softmaxAdjoint(y, dy, typeOf(y)),
  logSoftmax: (x) => logSoftmax(x, typeOf(x)),
  logSoftmaxAdjoint: (y, dy) => logSoftmaxAdjoint(y, dy, typeOf(y)),
  gather: (x, axis, index) => gather(x, axis, index, typeOf(x)),
  scatterAdd: (shape, axis, index, source) => scatterAdd(shape, axis, index, source, typeOf(source)),
  gatherRows: (table, index) => gatherRows(table, index, typeOf(table)),
  scatterAddRows: (rows, index, source) => scatterAddRows(rows, index, source, typeOf(source)),
  crossEntropy: (logits, targets, ignoreIndex) => crossEntropy(logits, targets, ignoreIndex, typeOf(logits)),
  crossEntropyAdjoint: (logits, targets, logSumExp, dLosses, ignoreIndex) =>
    crossEntropyAdjoint(logits, targets, logSumExp, dLosses, ignoreIndex, typeOf(logits)),
  adamw,
  sumOfSquares,
};
