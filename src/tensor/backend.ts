/**
 * A backend owns memory and runs kernels on it. This interface is all that the ops know of a device.
 *
 * It is made for three: `reference` (plain loops over typed arrays, the specification), `wasm` (tensors inside one shared
 * WebAssembly memory) and `gpu` (gpu.js, tensors resident on a device whose memory can only be read asynchronously). Hence:
 *
 * - A kernel takes strided views and returns *new* row-major memory. Only `assign`, `fill` and `adamw` write in place; a device
 *   with immutable textures does that by swapping the texture inside its `DeviceArray`.
 * - A scalar operand is a plain number, so that no device memory is made for it.
 * - Reading back is `await read()`. `readSync` exists only where JavaScript sees the memory.
 * - Shapes are checked by the ops before a kernel is called; kernels check only what the ops cannot see (index values).
 *
 * Letters: M, K, N rows, inner and columns of a product; V classes (vocabulary); N rows; D width.
 */
import type { Data, DType, HostArray } from './dtype.ts';
import type { FusedKernels } from './fused.ts';
import type { Shape } from './shape.ts';
import type { View } from './view.ts';

export type UnaryKind =
  | 'neg'
  | 'abs'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'rsqrt'
  | 'square'
  | 'reciprocal'
  | 'sin'
  | 'cos'
  | 'sigmoid'
  | 'silu'
  | 'tanh'
  | 'relu'
  | 'erf';

export type BinaryKind =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'maximum'
  | 'minimum'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge';

export type ReduceKind = 'sum' | 'max' | 'min';

/** A view already broadcast to the output shape, or one number for every element. */
export type Operand = View | number;

/** A parameter, its gradient and what AdamW keeps for it; all views of one shape. */
export interface AdamWTarget {
  readonly parameter: View;
  readonly gradient: View;
  readonly firstMoment: View;
  readonly secondMoment: View;
  readonly weightDecay: number;
}

/** What one AdamW update (Loshchilov & Hutter 2019, algorithm 2) does to every parameter. */
export interface AdamWUpdate {
  /** Number of this update, from 1: it sets the bias correction. */
  readonly step: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Factor on the gradient (from clipping). */
  readonly gradientScale: number;
}

export interface Backend {
  readonly name: string;
  supports(dtype: DType): boolean;

  // Memory
  /** New memory, all zeros. */
  allocate(dtype: DType, size: number): Data;
  /** Memory holding these values. The backend may adopt the array: the caller must not use it afterwards. */
  upload(values: HostArray): Data;
  /** A row-major copy of the view's elements on the host. */
  read(view: View): Promise<HostArray>;
  readSync?(view: View): HostArray;
  /** Give memory back. Nothing may use it afterwards. */
  release(data: Data): void;
  /** No scope owns this memory: release it when JavaScript's collector finds `data` gone. */
  collect?(data: Data): void;

  // Movement
  /** Row-major copy, converted to `dtype`. */
  copy(x: View, dtype: DType): Data;
  /** target <- source, element by element; `source` is broadcast to the shape of `target` beforehand. */
  assign(target: View, source: View): void;
  fill(target: View, value: number): void;

  // Elementwise
  unary(kind: UnaryKind, x: View): Data;
  binary(kind: BinaryKind, a: Operand, b: Operand, shape: Shape, dtype: DType): Data;
  /** condition != 0 ? a : b */
  where(condition: View, a: Operand, b: Operand, shape: Shape, dtype: DType): Data;

  // Reductions and scans. `axes` are sorted and distinct; the result is row-major over the axes that remain. NaN wins in
  // 'max', 'min' and argmax, and counts as larger than every number in topK.
  reduce(kind: ReduceKind, x: View, axes: readonly number[]): Data;
  /** Position (int32) of the first largest element along `axis`, or of the first NaN. */
  argmax(x: View, axis: number): Data;
  cumsum(x: View, axis: number, reverse: boolean): Data;
  /** The k largest (or smallest) along the last axis, in order; ties by position. */
  topK(x: View, k: number, largest: boolean): { values: Data; indices: Data };

  // Linear algebra: [..., M, K] x [..., K, N] -> [..., M, N]; the leading axes of both are equal (stride 0 where broadcast).
  matmul(a: View, b: View): Data;

  // Along the last axis
  softmax(x: View): Data;
  /** dx = y * (dy - sum(y * dy)) */
  softmaxAdjoint(y: View, dy: View): Data;
  logSoftmax(x: View): Data;
  /** dx = dy - exp(y) * sum(dy) */
  logSoftmaxAdjoint(y: View, dy: View): Data;

  // Indexing
  /** out[.., i, ..] = x[.., index[.., i, ..], ..] along `axis`; the shape of the result is that of `index`. */
  gather(x: View, axis: number, index: View): Data;
  /** Zeros of `shape`, plus source added at the places that `index` names along `axis`. */
  scatterAdd(shape: Shape, axis: number, index: View, source: View): Data;
  /** Rows of table [V, D] by index [N] -> [N, D]. */
  gatherRows(table: View, index: View): Data;
  /** Adjoint of gatherRows: source [N, D] summed into zeros [V, D]. */
  scatterAddRows(rows: number, index: View, source: View): Data;

  // Softmax cross-entropy of logits [N, V] against class ids [N]; a row whose id is `ignoreIndex` costs 0.
  crossEntropy(logits: View, targets: View, ignoreIndex: number): { losses: Data; logSumExp: Data };
  /** dlogits = (softmax(logits) - onehot(target)) * dlosses */
  crossEntropyAdjoint(logits: View, targets: View, logSumExp: View, dLosses: View, ignoreIndex: number): Data;

  /** Faster forms of whole compositions (float32); see fused.ts. */
  readonly fused?: FusedKernels;

  // Optimizer: all parameters in one call, since most of them are small.
  /** Updates parameters and moments in place. */
  adamw(targets: readonly AdamWTarget[], update: AdamWUpdate): void;
  /** The squares of all elements of all views (at least one, of one floating-point type) added up: one number. */
  sumOfSquares(views: readonly View[]): Data;
}
