/**
 * What every kernel wrapper of this backend needs: memory, the pool, and views turned into addresses.
 */
import { type Data, type DType, dtypeOf, type HostArray } from '../../dtype.ts';
import { isContiguous, type View, viewOf } from '../../view.ts';
import { forEachRow } from '../reference/loops.ts';
import type { WasmMemory } from './memory.ts';
import type { Pool } from './pool.ts';

export class Device {
  readonly memory: WasmMemory;
  readonly pool: Pool;

  constructor(memory: WasmMemory, pool: Pool) {
    this.memory = memory;
    this.pool = pool;
  }

  /** New memory for a result; its contents are arbitrary until a kernel has written it. */
  allocate(dtype: DType, size: number): HostArray {
    return this.memory.allocate(dtype, size);
  }

  /** True if kernels can work on these: float32 (or int32) inside the shared memory. float64 is left to the reference loops. */
  handles(...views: View[]): boolean {
    return views.every(
      (view) => !(view.data instanceof Float64Array) && this.memory.owns(view.data as HostArray),
    );
  }

  /** Address of a view's first element. */
  address(view: View): number {
    return (view.data as HostArray).byteOffset + 4 * view.offset;
  }

  /** The elements in row-major order: the view itself if it lies so, else a temporary copy to be given back with `done`. */
  rowMajor(view: View): { address: number; done: () => void } {
    if (isContiguous(view)) return { address: this.address(view), done: () => {} };
    const copy = this.copy(view);
    return { address: copy.byteOffset, done: () => this.memory.release(copy) };
  }

  /** Row-major copy. */
  copy(view: View): HostArray {
    const result = this.allocate(dtypeOf(view.data), view.size);
    const target = viewOf(result as Data, view.shape);
    const source = view.data as HostArray;
    forEachRow(view.shape, [target, view], (n, starts, steps) => {
      let [to, from] = starts as [number, number];
      const [t, s] = steps as [number, number];
      for (let i = 0; i < n; i++, to += t, from += s) result[to] = source[from]!;
    });
    return result;
  }

  /** Run a kernel on its share of `items` in every thread (see pool.ts). */
  run(kernel: string, items: number, grain: number, args: readonly number[]): void {
    this.pool.run(kernel, items, grain, args);
  }
}
