/**
 * Element types and the memory that holds them.
 *
 * float32 is what models are trained in, float64 what gradient checks run in, int32 what token ids and indices are.
 * Masks are ordinary tensors: zero is false, anything else is true.
 */
import { outOfMemory } from './out-of-memory.ts';

export type DType = 'float32' | 'float64' | 'int32';
export type FloatDType = Exclude<DType, 'int32'>;

/** Memory that JavaScript can see. */
export type HostArray = Float32Array | Float64Array | Int32Array;

/**
 * Memory that JavaScript cannot index (a GPU texture or buffer). It has the shape of an ndarray "generic store", so that
 * the same strided view describes it; `get` and `set` are expected to throw a sentence that says to `await read()`.
 */
export interface DeviceArray {
  readonly dtype: DType;
  readonly length: number;
  get(index: number): number;
  set(index: number, value: number): void;
}

/** What a tensor's view points into. Which of the two it is depends on the backend alone. */
export type Data = HostArray | DeviceArray;

export function dtypeOf(data: Data): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  return data.dtype;
}

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

/** Zeros on the JavaScript heap; a FaultError where there is no room for them. */
export function hostArray(dtype: DType, size: number): HostArray {
  try {
    return new arrays[dtype](size);
  } catch (error) {
    if (!(error instanceof RangeError) || !(size > 0)) throw error;
    throw outOfMemory('There is no memory', size, size * arrays[dtype].BYTES_PER_ELEMENT);
  }
}
