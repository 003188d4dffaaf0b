/**
 * What every kernel wrapper of this backend needs: memory, the pool, views turned into addresses, and copies.
 */
import { type DType, dtypeOf, type HostArray } from '../../dtype.ts';
import { rowMajorStrides } from '../../shape.ts';
import { isContiguous, type View } from '../../view.ts';
import type { WasmMemory } from './memory.ts';
import { blockOffset, blockSize, blocks, lengths, merge, strides } from './nest.ts';
import type { Pool } from './pool.ts';

/** Elements of a cheap elementwise job below which waking another thread costs more than it saves. */
export const GRAIN = 16384;

/** How `move` treats an element (assembly/copy.ts). */
const BITS = 0;
const TO_FLOAT = 1;
const TO_INT = 2;

export class Device {
  readonly memory: WasmMemory;
  readonly pool: Pool;
  /** Rows and columns of the tile that products are made of. */
  readonly tile: { readonly rows: number; readonly columns: number };
  private readonly temporaries: HostArray[] = [];

  constructor(memory: WasmMemory, pool: Pool) {
    this.memory = memory;
    this.pool = pool;
    this.tile = { rows: pool.ask('rowsOfTile'), columns: pool.ask('columnsOfTile') };
  }

  /** New memory for a result; its contents are arbitrary until a kernel has written it. */
  allocate(dtype: DType, size: number): HostArray {
    return this.memory.allocate(dtype, size);
  }

  /** True if kernels can work on these: float32 (or int32) inside the shared memory. float64 is left to the reference loops. */
  handles(...views: View[]): boolean {
    for (const { data } of views) {
      if (data instanceof Float64Array || !this.memory.owns(data as HostArray)) return false;
    }
    return true;
  }

  /** True for float32 inside the shared memory. */
  isFloat(view: View): boolean {
    return view.data instanceof Float32Array && this.memory.owns(view.data);
  }

  /** True for int32 inside the shared memory. */
  isInt(view: View): boolean {
    return view.data instanceof Int32Array && this.memory.owns(view.data);
  }

  /** Address of a view's first element. */
  address(view: View): number {
    return (view.data as HostArray).byteOffset + 4 * view.offset;
  }

  /** Address of the elements in row-major order: the view itself if it lies so, else a copy that the next `done()` gives back. */
  rowMajor(view: View): number {
    if (isContiguous(view)) return this.address(view);
    const copy = this.copy(view);
    this.temporaries.push(copy);
    return copy.byteOffset;
  }

  /** The kernel has run: give back the copies it needed. */
  done(): void {
    while (this.temporaries.length > 0) this.memory.release(this.temporaries.pop()!);
  }

  /** Row-major copy, converted to `dtype` (float32 or int32). */
  copy(view: View, dtype: DType = dtypeOf(view.data)): HostArray {
    const result = this.allocate(dtype, view.size);
    const mode = dtype === dtypeOf(view.data) ? BITS : dtype === 'float32' ? TO_FLOAT : TO_INT;
    const [target, source] = [result.byteOffset, this.address(view)];
    if (isContiguous(view)) {
      this.run('move', result.length, GRAIN, [
        mode,
        1,
        1,
        result.length,
        target,
        0,
        0,
        0,
        1,
        source,
        0,
        0,
        0,
        1,
      ]);
      return result;
    }
    merge(view.shape, rowMajorStrides(view.shape), view.stride);
    this.move(mode, target, source);
    return result;
  }

  /** target <- source, element by element, converted where their types differ. */
  assign(target: View, source: View): void {
    const [to, from] = [dtypeOf(target.data), dtypeOf(source.data)];
    const mode = to === from ? BITS : to === 'float32' ? TO_FLOAT : TO_INT;
    merge(target.shape, target.stride, source.stride);
    this.move(mode, this.address(target), this.address(source));
  }

  fill(target: View, value: number): void {
    const isInt = target.data instanceof Int32Array;
    if (isInt) words[0] = value;
    else floats[0] = value;
    const bits = words[0]!;
    if (isContiguous(target)) {
      this.run('fillWords', target.size, GRAIN, [this.address(target), bits]);
      return;
    }
    const one = this.allocate('int32', 1);
    one[0] = bits;
    merge(target.shape, target.stride);
    this.move(BITS, this.address(target), one.byteOffset);
    this.memory.release(one);
  }

  /** Run a kernel on its share of `items` in every thread (see pool.ts). */
  run(kernel: string, items: number, grain: number, args: number[]): void {
    this.pool.run(kernel, items, grain, args);
  }

  /** Copy along the walks merged last. */
  private move(mode: number, target: number, source: number): void {
    const [t, f] = strides;
    const size = blockSize();
    for (let block = 0, count = blocks(); block < count; block++) {
      const to = target + 4 * blockOffset(0, block);
      const from = source + 4 * blockOffset(1, block);
      const walks = [to, t[3]!, t[2]!, t[1]!, t[0]!, from, f[3]!, f[2]!, f[1]!, f[0]!];
      this.run('move', size, GRAIN, [mode, lengths[2]!, lengths[1]!, lengths[0]!, ...walks]);
    }
  }
}

/** The bits of a number as the kernels see them. */
const words = new Int32Array(1);
const floats = new Float32Array(words.buffer);
