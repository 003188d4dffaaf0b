/**
 * Factories: tensors from numbers, constants and random draws.
 *
 * Without options they are made on the default backend in the default type (see defaults.ts). Nested arrays are accepted
 * because tests and tutorials read best that way; large data should come in as a typed array.
 */
import type { Backend } from './backend.ts';
import { getDefaults } from './defaults.ts';
import { type DType, dtypeOf, type HostArray, hostArray } from './dtype.ts';
import type { Random } from './random.ts';
import { track } from './scope.ts';
import { checkShape, formatShape, type Shape, ShapeError, sizeOf } from './shape.ts';
import { leaf, type Tensor } from './tensor.ts';
import { valueless } from './valueless.ts';

export interface CreateOptions {
  readonly dtype?: DType;
  readonly backend?: Backend;
}

export type Nested = number | readonly Nested[];

/** A tensor from nested arrays: `tensor([[1, 2], [3, 4]])` has shape [2, 2]. */
export function tensor(values: Nested, options: CreateOptions = {}): Tensor {
  const shape: number[] = [];
  for (let level = values; typeof level !== 'number'; level = level[0]!) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  const array = hostArray(options.dtype ?? getDefaults().dtype, sizeOf(shape));
  let at = 0;
  const fill = (level: Nested, depth: number) => {
    if (typeof level === 'number' ? depth !== shape.length : level.length !== shape[depth]) {
      throw new ShapeError(`tensor: nested arrays of unequal length (expected ${formatShape(shape)})`);
    }
    if (typeof level === 'number') array[at++] = level;
    else for (const inner of level) fill(inner, depth + 1);
  };
  fill(values, 0);
  return fromArray(array, shape, options);
}

/** A tensor over a typed array in row-major order. The array is adopted, not copied, unless the type changes. */
export function fromArray(values: HostArray, shape: Shape, options: CreateOptions = {}): Tensor {
  checkShape('fromArray', shape);
  if (values.length !== sizeOf(shape)) {
    throw new ShapeError(`fromArray: ${values.length} values do not fill the shape ${formatShape(shape)}`);
  }
  const backend = options.backend ?? getDefaults().backend;
  const dtype = options.dtype ?? dtypeOf(values);
  let converted = values;
  if (dtype !== dtypeOf(values)) {
    converted = hostArray(dtype, values.length);
    converted.set(values);
  }
  const data = backend.upload(converted);
  track(data, backend);
  return leaf(data, shape, backend);
}

export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  checkShape('full', shape);
  const backend = options.backend ?? getDefaults().backend;
  const data = backend.allocate(options.dtype ?? getDefaults().dtype, sizeOf(shape));
  track(data, backend);
  const result = leaf(data, shape, backend);
  if (value !== 0) backend.fill(result.view, value);
  return result;
}

export function zeros(shape: Shape, options: CreateOptions = {}): Tensor {
  return full(shape, 0, options);
}

export function ones(shape: Shape, options: CreateOptions = {}): Tensor {
  return full(shape, 1, options);
}

/** 0, 1, ..., n - 1 (or from `start`). */
export function arange(n: number, options: CreateOptions & { start?: number } = {}): Tensor {
  checkShape('arange', [n]);
  const values = hostArray(options.dtype ?? getDefaults().dtype, n);
  for (let i = 0; i < n; i++) values[i] = (options.start ?? 0) + i;
  return fromArray(values, [n], options);
}

/** Values computed one by one from their place in row-major order. Without memory (withoutMemory) none is computed. */
export function fromFunction(
  shape: Shape,
  valueAt: (index: number) => number,
  options: CreateOptions = {},
): Tensor {
  checkShape('fromFunction', shape);
  if ((options.backend ?? getDefaults().backend) === valueless) return zeros(shape, options);
  const values = hostArray(options.dtype ?? getDefaults().dtype, sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = valueAt(i);
  return fromArray(values, shape, options);
}

/** Normal draws with the given mean and standard deviation (see Random.normal). */
export function randn(
  shape: Shape,
  random: Random,
  options: CreateOptions & { mean?: number; std?: number } = {},
): Tensor {
  const { mean = 0, std = 1 } = options;
  return fromFunction(shape, () => mean + std * random.normal(), options);
}

/** Uniform draws from [low, high). */
export function uniform(
  shape: Shape,
  random: Random,
  options: CreateOptions & { low?: number; high?: number } = {},
): Tensor {
  const { low = 0, high = 1 } = options;
  return fromFunction(shape, () => low + (high - low) * random.float(), options);
}
