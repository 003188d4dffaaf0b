/**
 * Tensors without values: a shape and a type, and no memory behind them.
 *
 * A model made inside `withoutMemory` knows the name and shape of every parameter and costs nothing: no number is stored, none
 * is drawn. So the parameters of a model of any size are counted in milliseconds, and a file can be compared with the model
 * that it should hold before any memory is taken. Computing with such a tensor, or reading it, is an error.
 */
import type { Backend } from './backend.ts';
import { withDefaults } from './defaults.ts';
import { type DeviceArray, type DType, dtypeOf } from './dtype.ts';

/** Run `fn` with tensors that have no values. */
export function withoutMemory<T>(fn: () => T): T {
  return withDefaults({ backend: valueless }, fn);
}

function refuse(): never {
  throw new Error(
    'This tensor was made without memory (withoutMemory): it has a shape, but no values to compute with',
  );
}

const nothing = (dtype: DType, length: number): DeviceArray => ({ dtype, length, get: refuse, set: refuse });

export const valueless: Backend = {
  name: 'valueless',
  supports: () => true,
  allocate: nothing,
  upload: (values) => nothing(dtypeOf(values), values.length),
  fill: () => {},
  release: () => {},
  read: async () => refuse(),
  copy: refuse,
  assign: refuse,
  unary: refuse,
  binary: refuse,
  where: refuse,
  reduce: refuse,
  argmax: refuse,
  cumsum: refuse,
  topK: refuse,
  matmul: refuse,
  softmax: refuse,
  softmaxAdjoint: refuse,
  logSoftmax: refuse,
  logSoftmaxAdjoint: refuse,
  gather: refuse,
  scatterAdd: refuse,
  gatherRows: refuse,
  scatterAddRows: refuse,
  crossEntropy: refuse,
  crossEntropyAdjoint: refuse,
  adamw: refuse,
  sumOfSquares: refuse,
};
