/**
 * GpuArray: the memory of a tensor on the device, and who gives it back.
 *
 * gpu.js has immutable results: a kernel writes a new texture (or buffer). So an op that works in place exchanges the store
 * inside its GpuArray. int32 tensors are stored as floats, which are exact up to 2^24: enough for token ids and positions. Ids
 * that came from the host are remembered there (`host`), so that they can be checked, and sorted for the gradient of an
 * embedding, without waiting for the device.
 */
import type { DeviceArray, DType } from '../../dtype.ts';
import type { Store } from './library.ts';

/** Whole numbers above this do not survive on the device. */
export const LARGEST_INTEGER = 2 ** 24;

/** The store of one GpuArray. An object of its own, so that the collector's callback can hold it without holding the array. */
export interface Slot {
  store: Store | null;
}

export class GpuArray implements DeviceArray {
  readonly dtype: DType;
  readonly length: number;
  readonly slot: Slot = { store: null };
  /** The elements as they were uploaded (int32 only); null as soon as anything else has written here. */
  host: Int32Array | null = null;
  watched = false;

  constructor(dtype: DType, length: number) {
    this.dtype = dtype;
    this.length = length;
  }

  get(): number {
    throw new Error('The memory of the gpu backend cannot be read directly: use "await tensor.read()"');
  }

  set(): void {
    throw new Error('The memory of the gpu backend cannot be written directly: use fill() or assign()');
  }
}

/** Knows what is alive, and releases arrays that the collector finds gone. */
export class GpuMemory {
  elements = 0;
  peakElements = 0;
  private readonly lengths = new Map<Slot, number>();
  private readonly free: (slot: Slot) => void;
  private readonly registry = new FinalizationRegistry<Slot>((slot) => this.give(slot));

  constructor(free: (slot: Slot) => void) {
    this.free = free;
  }

  get arrays(): number {
    return this.lengths.size;
  }

  allocate(dtype: DType, length: number): GpuArray {
    if (dtype === 'float64') {
      throw new TypeError(
        'The gpu backend computes in float32 only; for float64 take the reference backend (--backend reference)',
      );
    }
    const data = new GpuArray(dtype, length);
    this.lengths.set(data.slot, length);
    this.elements += length;
    this.peakElements = Math.max(this.peakElements, this.elements);
    return data;
  }

  release(data: GpuArray): void {
    if (data.watched) this.registry.unregister(data);
    this.give(data.slot);
  }

  releaseAll(): void {
    for (const slot of [...this.lengths.keys()]) this.give(slot);
  }

  collect(data: GpuArray): void {
    if (data.watched) return;
    data.watched = true;
    this.registry.register(data, data.slot, data);
  }

  private give(slot: Slot): void {
    const length = this.lengths.get(slot);
    if (length === undefined) return; // already
    this.lengths.delete(slot);
    this.elements -= length;
    this.free(slot);
  }
}
