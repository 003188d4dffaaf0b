/**
 * One shared WebAssembly memory, and who owns which part of it.
 *
 *   [ static data | control block of the worker pool | scratch of each thread | tensors ... grows ]
 *
 * Tensors are Float32Array or Int32Array views into it: kernels get their address, JavaScript reads them directly, nothing is
 * ever copied in or out. Blocks come in size classes (four to each power of two, so at most a fifth is wasted) with a free list
 * each; released blocks are used again before the memory grows. The limit is reached with a sentence, not with a crash.
 */
import { FaultError } from '../../../errors.ts';
import { type DType, type HostArray, hostArray } from '../../dtype.ts';
import { inUnits, outOfMemory } from '../../out-of-memory.ts';

const PAGE = 65536;
/** Addresses below are the kernels' own static data. */
export const CONTROL_ADDRESS = PAGE;
const CONTROL_BYTES = 8192;
/** Each thread's scratch: packed panels of a matrix product, all that attention needs of a head. Costs nothing until it is used. */
export const SCRATCH_BYTES = 8 << 20;
const ALIGNMENT = 64;

/** Marks arrays that the collector watches: most never are, and the registry need not be asked about them. */
const WATCHED = Symbol('watched');
type Watched = HostArray & { [WATCHED]?: true };

interface Block {
  readonly address: number;
  readonly bytes: number;
}

export class WasmMemory {
  readonly memory: WebAssembly.Memory;
  readonly maximumBytes: number;
  private readonly scratchStart: number;
  private readonly registry = new FinalizationRegistry<Block>(({ address, bytes }) =>
    this.takeBack(address, bytes),
  );
  /**
   * Every buffer object that arrays were made on. A shared memory shows itself as another object after it has grown, and a
   * moment later, when the other threads have heard of it, once more; all of them stay valid.
   */
  private readonly buffers = new Set<ArrayBufferLike>();
  private latest: ArrayBufferLike | undefined;
  private next: number;
  private readonly free = new Map<number, number[]>();
  /** Bytes in blocks that are in use, and the most there ever were. */
  usedBytes = 0;
  peakBytes = 0;

  constructor(threads: number, maximumBytes: number, shared: boolean) {
    this.maximumBytes = maximumBytes;
    this.scratchStart = CONTROL_ADDRESS + CONTROL_BYTES;
    this.next = align(this.scratchStart + threads * SCRATCH_BYTES);
    const maximum = maximumBytes / PAGE;
    // Growing a memory that is not shared would cut off every view into it: it gets its full size at once (pages are only
    // taken from the system when they are touched).
    const initial = shared ? Math.ceil(this.next / PAGE) + 16 : maximum;
    try {
      this.memory = new WebAssembly.Memory({ initial, maximum, shared });
    } catch (error) {
      throw new FaultError(
        `wasm: the engine cannot reserve a memory of up to ${inUnits(maximumBytes)} (${(error as Error).message}); ` +
          'take --backend reference, or raise the limit (see "ulimit -v"), or maximumBytes in a program of your own',
      );
    }
  }

  scratch(thread: number): number {
    return this.scratchStart + thread * SCRATCH_BYTES;
  }

  /** A new array of `size` elements; its contents are arbitrary. */
  allocate(dtype: DType, size: number): HostArray {
    if (dtype === 'float64') return hostArray(dtype, size); // gradient checks only: on the JavaScript heap
    const bytes = blockBytes(size * 4);
    const address = this.free.get(bytes)?.pop() ?? this.extend(bytes, size);
    this.usedBytes += bytes;
    this.peakBytes = Math.max(this.peakBytes, this.usedBytes);
    const { buffer } = this.memory;
    if (buffer !== this.latest) {
      this.latest = buffer;
      this.buffers.add(buffer);
    }
    return dtype === 'float32'
      ? new Float32Array(buffer, address, size)
      : new Int32Array(buffer, address, size);
  }

  release(data: HostArray): void {
    if (!this.owns(data)) return;
    if ((data as Watched)[WATCHED] === true) this.registry.unregister(data);
    this.takeBack(data.byteOffset, blockBytes(data.byteLength));
  }

  /**
   * Release when the collector finds the array gone. It does not know how much memory hangs on it: scopes are the reliable way.
   */
  collect(data: HostArray): void {
    if (!this.owns(data)) return;
    if ((data as Watched)[WATCHED] === true) return; // kept twice, or handed from scope to scope
    (data as Watched)[WATCHED] = true;
    this.registry.register(data, { address: data.byteOffset, bytes: blockBytes(data.byteLength) }, data);
  }

  private takeBack(address: number, bytes: number): void {
    const list = this.free.get(bytes);
    if (list === undefined) this.free.set(bytes, [address]);
    else list.push(address);
    this.usedBytes -= bytes;
  }

  /** True for arrays inside this memory, also those made before it grew. */
  owns(data: HostArray): boolean {
    const { buffer } = data;
    return buffer === this.latest || this.buffers.has(buffer);
  }

  private extend(bytes: number, size: number): number {
    const address = this.next;
    const end = address + bytes;
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) {
      const wanted = Math.max(missing, Math.min(64 << 20, this.memory.buffer.byteLength >> 2));
      const pages = Math.min(
        Math.ceil(wanted / PAGE),
        (this.maximumBytes - this.memory.buffer.byteLength) / PAGE,
      );
      if (end > this.maximumBytes || pages * PAGE < missing) throw this.exhausted(size);
      try {
        this.memory.grow(pages);
      } catch {
        throw this.exhausted(size);
      }
    }
    this.next = end;
    return address;
  }

  private exhausted(size: number): FaultError {
    const state = `: ${inUnits(this.usedBytes)} of at most ${inUnits(this.maximumBytes)} are in use`;
    return outOfMemory('wasm: no memory', size, 4 * size, state);
  }
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}

/** Size class: the next of 1, 1.25, 1.5, 1.75 times a power of two, at least one cache line. */
export function blockBytes(bytes: number): number {
  if (bytes <= ALIGNMENT) return ALIGNMENT;
  const quarter = Math.max(ALIGNMENT, 1 << (29 - Math.clz32(bytes - 1)));
  return Math.ceil(bytes / quarter) * quarter;
}
