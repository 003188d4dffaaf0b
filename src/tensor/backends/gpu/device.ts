/**
 * The device: launches kernels in order, compiles each once, and moves numbers to and from the host.
 *
 *   launch(kernel, grid, constants, arguments)  ->  a new GpuArray of grid.rows x grid.columns numbers
 *
 * On webgpu every call of gpu.js returns a promise; commands then wait in one queue, so that the caller sees the same thing on
 * every device: memory that will hold the result by the time it is read. An error in the queue is kept and thrown by the next
 * read, and so is what the device itself complains about (faults.ts).
 */
import { FaultError } from '../../../errors.ts';
import { type DType, dtypeOf, type HostArray } from '../../dtype.ts';
import { complaintOf, deviceLost, isLost, listen } from './faults.ts';
import { type Cell, defineKernel, type FloatArray, type KernelDefinition } from './kernel.ts';
import { type Compiled, KernelCache } from './kernel-cache.ts';
import {
  type DeviceContext,
  type GlTexture,
  type GpuBuffer,
  type GpuMode,
  isHostMode,
  isTextureMode,
  type LibraryGpu,
  type Nested,
  type Store,
} from './library.ts';
import { type Grid, Limits } from './limits.ts';
import { type GpuArray, GpuMemory, LARGEST_INTEGER, type Slot } from './memory.ts';
import { adoptBuffer, adoptTexture, flatten, readStore } from './stores.ts';

export type { Grid } from './limits.ts';
export type Constants = Readonly<Record<string, number>>;

/** Numbers from the host become a result like any other, so that every kernel takes the same kind of memory. */
function copyFromHost(this: Cell, values: FloatArray): number {
  return values[this.thread.x];
}
const upload = defineKernel('upload', copyFromHost, ['array']);

function twice(this: Cell, x: FloatArray): number {
  return 2 * x[this.thread.x];
}
const probe = defineKernel('probe', twice, ['array']);

export class GpuDevice {
  readonly mode: GpuMode;
  readonly memory = new GpuMemory((slot) => this.free(slot));
  /** The WebGL context, or gpu.js's record of the WebGPU device; null in modes without. */
  context: DeviceContext | null = null;
  /** Kernels launched so far. */
  launches = 0;
  /** Milliseconds in uploads and reads, and the numbers moved. */
  readonly transfers = { milliseconds: 0, elements: 0 };
  private readonly gpu: LibraryGpu;
  private readonly kernels: KernelCache;
  private limits: Limits;
  /** The result of a kernel that lives as long as the device (stores.ts). */
  private keeper: GlTexture | GpuBuffer | null = null;
  private tail: Promise<void> = Promise.resolve();
  private failure: Error | null = null;

  constructor(gpu: LibraryGpu, mode: GpuMode) {
    this.gpu = gpu;
    this.mode = mode;
    this.kernels = new KernelCache(gpu, mode);
    this.limits = new Limits(mode, null);
  }

  /** Kernels compiled so far. */
  get compiled(): number {
    return this.kernels.compiled;
  }

  /** Run one kernel to see that the mode works, and ask for the limits of the device. */
  async start(): Promise<void> {
    if (!isHostMode(this.mode)) {
      const first = this.kernels.compile(upload, [1], { fold: 1 }, 'Array');
      this.keeper = (await first.run(Float32Array.of(0))) as GlTexture | GpuBuffer;
      this.kernels.check(first);
      this.context = first.run.kernel.context;
      this.limits = new Limits(this.mode, this.context);
      listen(
        this.context,
        () => this.memory.elements,
        (error) => {
          this.failure ??= error;
        },
      );
    }
    const data = this.upload(Float32Array.of(1, 2, 3));
    const double = this.launch(probe, { rows: 1, columns: 3 }, {}, [data]);
    const values = await this.read(double);
    if (values.join() !== '2,4,6') throw new FaultError(`a first kernel gives ${values} instead of 2,4,6`);
    this.release(data, double);
  }

  /** Run a kernel on every cell of the grid. An empty grid runs nothing. */
  launch(
    kernel: KernelDefinition,
    grid: Grid,
    constants: Constants,
    args: readonly (GpuArray | number)[],
    dtype: DType = 'float32',
  ): GpuArray {
    const size = grid.rows * grid.columns;
    this.limits.check(kernel.name, size);
    const result = this.memory.allocate(dtype, size);
    if (size === 0) return result;
    this.launches++;
    const { output, fold } = this.limits.layOut(grid);
    let key = `${kernel.name} ${output}`;
    for (const name in constants) key += `,${constants[name]}`;
    for (const arg of args) if (typeof arg !== 'number') key += ` ${arg.length}`;
    this.submit(() => {
      const compiled = this.kernels.take(key, kernel, output, { ...constants, fold });
      const values = args.map((arg) => (typeof arg === 'number' ? arg : storeOf(arg, kernel.name)));
      return this.finish(compiled, compiled.run(...values), size, result.slot);
    });
    return result;
  }

  /** Memory holding these values. */
  upload(values: HostArray): GpuArray {
    const data = this.memory.allocate(dtypeOf(values), values.length);
    if (values instanceof Int32Array) {
      const tooLarge = values.find((value) => Math.abs(value) > LARGEST_INTEGER);
      if (tooLarge !== undefined) {
        throw new RangeError(
          `The gpu backend stores whole numbers as floats, which are exact up to ${LARGEST_INTEGER}; ${tooLarge} is larger`,
        );
      }
      data.host = values;
    }
    if (values.length === 0) return data;
    const began = performance.now();
    const floats = values instanceof Float32Array ? values : Float32Array.from(values);
    if (isHostMode(this.mode)) data.slot.store = floats;
    else this.uploadThroughKernel(floats, data);
    this.transfers.milliseconds += performance.now() - began;
    this.transfers.elements += values.length;
    return data;
  }

  /** All elements of an array, on the host. */
  async read(data: GpuArray): Promise<HostArray> {
    const began = performance.now();
    const floats = data.length === 0 ? new Float32Array(0) : await this.readFloats(data);
    this.transfers.milliseconds += performance.now() - began;
    this.transfers.elements += data.length;
    return data.dtype === 'int32' ? Int32Array.from(floats) : floats;
  }

  /** target <- the memory of source, which is used up. */
  exchange(target: GpuArray, source: GpuArray): void {
    target.host = null;
    this.submit(() => {
      const { store } = target.slot;
      target.slot.store = source.slot.store;
      source.slot.store = store;
    });
    this.memory.release(source);
  }

  release(...arrays: readonly GpuArray[]): void {
    for (const data of arrays) this.memory.release(data);
  }

  /** Wait until everything launched so far has been handed to the device. */
  async settle(): Promise<void> {
    await this.tail;
    if (this.failure !== null) throw this.failure;
  }

  /** Forget all compiled kernels and what they hold on the device. */
  dropKernels(): void {
    this.submit(() => this.kernels.drop());
  }

  /** Give back everything there is on the device. In a page other backends may go on using the same WebGPU device. */
  async destroy(): Promise<void> {
    this.memory.releaseAll();
    await this.tail;
    this.kernels.drop(); // before the kernel of the keeper, which they ask to delete what they hold
    (this.keeper as GlTexture | null)?.delete();
    await this.gpu.destroy();
  }

  /** Put what a kernel has returned into its place. */
  private finish(compiled: Compiled, result: unknown, size: number, target: Slot): undefined | Promise<void> {
    if (result instanceof Promise) {
      return result.then((buffer: GpuBuffer) => {
        this.kernels.check(compiled);
        target.store = adoptBuffer(buffer, this.keeper as GpuBuffer, size);
      });
    }
    this.kernels.check(compiled);
    target.store = isHostMode(this.mode)
      ? flatten(result as Nested, size)
      : adoptTexture(result as GlTexture, this.keeper as GlTexture);
    return undefined;
  }

  private uploadThroughKernel(values: Float32Array, data: GpuArray): void {
    const size = values.length;
    this.limits.check('upload', size);
    this.submit(() => {
      const compiled = this.kernels.take(`${upload.name} ${size}`, upload, [size], { fold: 1 }, 'Array');
      return this.finish(compiled, compiled.run(values), size, data.slot);
    });
  }

  private async readFloats(data: GpuArray): Promise<Float32Array> {
    if (isHostMode(this.mode)) return (storeOf(data, 'read') as Float32Array).slice();
    // Take the store in the order of the queue: an op in place may exchange it afterwards.
    let values: Promise<Float32Array> | undefined;
    this.submit(() => {
      values = readStore(this.mode, storeOf(data, 'read') as GlTexture | GpuBuffer, data.length);
      values.catch(() => {}); // awaited below
    });
    await this.settle();
    const found = await values!.catch((error: unknown) => this.explained(error)); // the command has run
    if (isTextureMode(this.mode)) this.failure ??= complaintOf(this.context, this.memory.elements);
    await this.settle();
    if (found instanceof Error) throw found;
    return found;
  }

  /** A lost device makes gpu.js fail in many ways, each with a message of its own. */
  private explained(error: unknown): Error {
    if (isLost(this.context)) return deviceLost();
    return error instanceof Error ? error : new Error(String(error));
  }

  private free(slot: Slot): void {
    this.submit(() => {
      const { store } = slot;
      slot.store = null;
      if (store !== null && !(store instanceof Float32Array)) store.delete();
    }, true);
  }

  /**
   * Run a command now, or after all others where the device is asynchronous. After a failure only what gives memory back is
   * run.
   */
  private submit(command: () => undefined | void | Promise<void>, always = false): void {
    if (this.mode !== 'webgpu') {
      try {
        command();
      } catch (error) {
        throw this.explained(error);
      }
      return;
    }
    this.tail = this.tail.then(async () => {
      if (this.failure !== null && !always) return;
      try {
        await command();
      } catch (error) {
        this.failure ??= this.explained(error);
      }
    });
  }
}

function storeOf(data: GpuArray, user: string): Store {
  const { store } = data.slot;
  if (store !== null) return store;
  throw new Error(`gpu: ${user} was given memory that is empty or already released`);
}
