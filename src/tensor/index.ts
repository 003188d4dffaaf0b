/**
 * The engine in one import: tensors, factories, ops, autograd. Everything above (layers, losses, optimizers) uses this file.
 *
 * Importing it attaches the methods of Tensor and makes the reference backend in float32 the default.
 */
import './methods.ts';
import { reference } from './backends/reference/index.ts';
import { setDefaults } from './defaults.ts';
import type { Data } from './dtype.ts';
import { runScope } from './scope.ts';
import { Tensor } from './tensor.ts';

setDefaults({ backend: reference, dtype: 'float32' });

export { AnomalyError, withAnomalyMode } from './anomaly.ts';
export { isRecording, noGrad } from './autograd.ts';
export type { AdamWTarget, AdamWUpdate, Backend } from './backend.ts';
export { reference } from './backends/reference/index.ts';
export { checkpoint } from './checkpoint.ts';
export {
  arange,
  type CreateOptions,
  fromArray,
  fromFunction,
  full,
  ones,
  randn,
  tensor,
  uniform,
  zeros,
} from './create.ts';
export { getDefaults, setDefaults, withDefaults } from './defaults.ts';
export { type DType, type FloatDType, type HostArray, hostArray } from './dtype.ts';
export { GradcheckError, type GradcheckOptions, gradcheck } from './gradcheck.ts';
export { IGNORE_INDEX } from './ops/cross-entropy.ts';
export {
  fusedAttention,
  fusedFor,
  fusedLinear,
  fusedLinearCrossEntropy,
  fusedNextTokens,
  fusedRmsNorm,
  fusedRope,
  fusedSwiglu,
} from './ops/fused.ts';
export { groupedLinear } from './ops/grouped.ts';
export { scatterAdd, scatterRows } from './ops/indexing.ts';
export { where } from './ops/select.ts';
export { concat, stack } from './ops/slice.ts';
export { sumOfSquares } from './ops/sum.ts';
export { power } from './power.ts';
export { Random, type RandomState } from './random.ts';
export { scopeSize } from './scope.ts';
export { formatShape, type Shape, ShapeError } from './shape.ts';
export { Tensor } from './tensor.ts';
export { withoutMemory } from './valueless.ts';

/** Run `fn` and give back all memory it allocated, except the tensors it returns and those it `keep()`s (see scope.ts). */
export function scope<T>(fn: () => T): T {
  return runScope(fn, memoryOf);
}

/** The memory of every tensor inside a value: a tensor, or an array or plain object of such. */
function* memoryOf(value: unknown): Generator<Data> {
  if (value instanceof Tensor) yield value.data;
  else if (Array.isArray(value)) for (const item of value) yield* memoryOf(item);
  else if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) yield* memoryOf(item);
  }
}
