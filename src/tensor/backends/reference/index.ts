/**
 * The reference backend: plain loops over typed arrays on the JavaScript heap.
 *
 * It is the specification that the fast backends are held to, and what gradient checks run on (in float64). Memory belongs to
 * the garbage collector, so `release` has nothing to do. The kernels are in the files beside this one; this file only binds
 * them to the Backend interface.
 */
import type { Backend } from '../../backend.ts';
import { dtypeOf, type HostArray, hostArray } from '../../dtype.ts';
import type { View } from '../../view.ts';
import { forEachElement } from '../../walk.ts';
import { binary, unary, where } from './elementwise.ts';
import { gather, gatherRows, scatterAdd, scatterAddRows } from './indexing.ts';
import { matmul } from './matmul.ts';
import { copyInto, host, rowMajor } from './memory.ts';
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

function readSync(view: View): HostArray {
  const copy = hostArray(dtypeOf(view.data), view.size);
  copy.set(rowMajor(view)); // a row of logits is read for every token: 1 microsecond for 2048 numbers in one piece
  return copy;
}

function assign(target: View, source: View): void {
  const [to, from] = [host(target.data), host(source.data)];
  forEachElement(target.shape, [target, source], ([i, j]) => {
    to[i!] = from[j!]!;
  });
}

function fill(target: View, value: number): void {
  const to = host(target.data);
  forEachElement(target.shape, [target], ([i]) => {
    to[i!] = value;
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
    copyInto(copy, x);
    return copy;
  },
  assign,
  fill,
  unary,
  binary,
  where,
  reduce,
  argmax,
  cumsum,
  topK,
  matmul,
  softmax,
  softmaxAdjoint,
  logSoftmax,
  logSoftmaxAdjoint,
  gather,
  scatterAdd,
  gatherRows,
  scatterAddRows,
  crossEntropy,
  crossEntropyAdjoint,
  adamw,
  sumOfSquares,
};
