/**
 * The device: launches kernels in order, compiles each once, and moves numbers to and from the host.
 *
 *   launch(kernel, grid, constants, arguments)  ->  a new GpuArray of grid.rows x grid.columns numbers
 *
 * A kernel is compiled for (definition, grid, constants, sizes of its arguments) and kept under that key: a training step after the first
 * finds all its kernels. On webgpu every call of gpu.js returns a promise; commands then wait in one queue, so that the caller sees the
 * same thing on every device: memory that will hold the result by the time it is read. An error in the queue is kept and thrown by the
 * next read.
 */
import { FaultError } from '../../../errors.ts';
import { type DType, dtypeOf, type HostArray } from '../../dtype.ts';
import { type Cell, defineKernel, type FloatArray, type Helper, type KernelDefinition } from './kernel.ts';
import {
  type DeviceContext,
  type GlTexture,
  type GpuBuffer,
  type GpuMode,
  isHostMode,
  isTextureMode,
  type LibraryGpu,
  type LibraryKernel,
  type Nested,
  type Store,
} from './library.ts';
import { type GpuArray, GpuMemory, LARGEST_INTEGER, type Slot } from './memory.ts';

export type Constants = Readonly<Record<string, number>>;

export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

interface Compiled {
  readonly run: LibraryKernel;
  checked: boolean;
}

/** Numbers from the host become a result like any other, so that every kernel takes the same kind of memory. */
function copyFromHost(this: Cell, values: FloatArray): number {
  return values[this.thread.x];
}
const upload = defineKernel('upload', copyFromHost, ['array']);

function twice(this: Cell, x: FloatArray): number {
  return 2 * x[this.thread.x];
}
const probe = defineKernel('probe', twice, ['array']);

const MAX_TEXTURE_SIZE = 0x0d33; // WebGL's name for the limit

/** WebGPU dispatches at most 65535 groups along an axis, eight rows each. */
const WEBGPU_ROWS = 65535 * 8;
/** More compiled kernels than a run of any model needs; where shapes never repeat, the oldest give way. */
const KERNELS_KEPT = 2048;

export class GpuDevice {
  readonly mode: GpuMode;
  readonly memory = new GpuMemory((slot) => this.free(slot));
  /** Kernels compiled so far, and launched so far. */
  compiled = 0;
  launches = 0;
  /** Milliseconds in uploads and reads, and the numbers moved. */
  readonly transfers = { milliseconds: 0, elements: 0 };
  private readonly gpu: LibraryGpu;
  private readonly kernels = new Map<string, Compiled>();
  private readonly arrayType: string;
  /** Longest side of a texture, and most numbers in one tensor. */
  private largestSide = Infinity;
  private largestSize = Infinity;
  private tail: Promise<void> = Promise.resolve();
  private failure: Error | null = null;
  private context: DeviceContext | null = null;

  constructor(gpu: LibraryGpu, mode: GpuMode) {
    this.gpu = gpu;
    this.mode = mode;
    this.arrayType = isHostMode(mode) ? 'Array' : isTextureMode(mode) ? 'ArrayTexture(1)' : 'WebGPUBuffer';
  }

  /** Run one kernel to see that the mode works, and ask for the limits of the device. */
  async start(): Promise<void> {
    const data = this.upload(Float32Array.of(1, 2, 3));
    const double = this.launch(probe, { rows: 1, columns: 3 }, {}, [data]);
    const values = await this.read(double);
    if (values.join() !== '2,4,6') throw new FaultError(`a first kernel gives ${values} instead of 2,4,6`);
    this.release(data, double);
    const context = this.gpu.context ?? [...this.kernels.values()][0]!.run.kernel.context;
    if (isTextureMode(this.mode)) {
      const size = context?.getParameter?.(MAX_TEXTURE_SIZE);
      this.largestSide = typeof size === 'number' && size > 0 ? size : 4096;
      this.largestSize = this.largestSide ** 2;
    } else if (this.mode === 'webgpu') {
      const limits = context?.device?.limits;
      if (limits !== undefined)
        this.largestSize = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize) / 4;
    }
    // gpu.js makes every local variable of a kernel a float: places beyond 2^24 would be rounded. JavaScript's numbers are exact.
    if (this.mode !== 'cpu') this.largestSize = Math.min(this.largestSize, LARGEST_INTEGER);
    this.context = context;
  }

  /** Run a kernel on every cell of the grid. An empty grid runs nothing. */
  launch(
    kernel: KernelDefinition,
    { rows, columns }: Grid,
    constants: Constants,
    args: readonly (GpuArray | number)[],
    dtype: DType = 'float32',
  ): GpuArray {
    const size = rows * columns;
    this.checkSize(kernel.name, size);
    const result = this.memory.allocate(dtype, size);
    if (size === 0) return result;
    this.launches++;
    const { key, output, fold } = this.plan(kernel, rows, columns, constants, args);
    this.submit(() => {
      const found = this.kernels.get(key) ?? this.compile(key, kernel, output, { ...constants, fold });
      return this.call(kernel, found, size, args, result.slot);
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
          `The gpu backend stores whole numbers as floats: ${tooLarge} is beyond ${LARGEST_INTEGER}, up to which they are exact`,
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
    this.submit(() => {
      for (const { run } of this.kernels.values()) run.destroy();
      this.kernels.clear();
    });
  }

  async destroy(): Promise<void> {
    await this.tail;
    this.kernels.clear();
    await this.gpu.destroy();
  }

  /** Where a grid does not fit the device's shape it is folded over thread.z; flat memory stays the same. */
  private plan(
    kernel: KernelDefinition,
    rows: number,
    columns: number,
    constants: Constants,
    args: readonly (GpuArray | number)[],
  ): { key: string; output: number[]; fold: number } {
    let output = rows === 1 ? [columns] : [columns, rows];
    let fold = rows;
    if (isTextureMode(this.mode) && rows > 1 && Math.max(rows, columns) > this.largestSide) {
      output = [columns, 1, rows]; // gpu.js then lays the texture out as a square
      fold = 1;
    } else if (this.mode === 'webgpu' && rows > WEBGPU_ROWS) {
      const layers = Math.ceil(rows / WEBGPU_ROWS);
      fold = Math.ceil(rows / layers);
      output = [columns, fold, layers];
    }
    let key = `${kernel.name} ${output}`;
    for (const name in constants) key += `,${constants[name]}`;
    for (const arg of args) if (typeof arg !== 'number') key += ` ${arg.length}`;
    return { key, output, fold };
  }

  private compile(
    key: string,
    kernel: KernelDefinition,
    output: readonly number[],
    constants: Constants,
    arrayType = this.arrayType,
  ): Compiled {
    this.compiled++;
    const types = { array: arrayType, integer: 'Integer', float: 'Float' } as const;
    const run = this.gpu.createKernel(kernel.source.toString(), {
      output,
      constants,
      constantTypes: Object.fromEntries(Object.keys(constants).map((name) => [name, 'Integer' as const])),
      argumentTypes: kernel.takes.map((kind) => types[kind]),
      functions: kernel.helpers.map(libraryFunction),
      pipeline: true,
      immutable: true,
      precision: 'single',
      dynamicArguments: !isHostMode(this.mode),
      loopMaxIterations: 1 << 30,
    });
    const compiled = { run, checked: false };
    this.kernels.set(key, compiled);
    if (this.kernels.size > KERNELS_KEPT) {
      const [oldest] = this.kernels.keys();
      this.kernels.get(oldest!)!.run.destroy();
      this.kernels.delete(oldest!);
    }
    return compiled;
  }

  private call(
    kernel: KernelDefinition,
    compiled: Compiled,
    size: number,
    args: readonly (GpuArray | number)[],
    target: Slot,
  ): undefined | Promise<void> {
    const values = args.map((arg) => (typeof arg === 'number' ? arg : storeOf(arg, kernel.name)));
    const result = compiled.run(...values);
    if (result instanceof Promise) {
      return result.then((buffer: GpuBuffer) => {
        this.checkMode(kernel, compiled);
        buffer.output = [size]; // flat when it is read
        target.store = buffer;
      });
    }
    this.checkMode(kernel, compiled);
    target.store = isHostMode(this.mode) ? flatten(result as Nested, size) : (result as GlTexture);
    return undefined;
  }

  /** gpu.js replaces a kernel that a mode cannot run by a slow one, with no more than a warning. Here that is an error. */
  private checkMode(kernel: KernelDefinition, compiled: Compiled): void {
    if (compiled.checked) return;
    compiled.checked = true;
    const { kernel: used } = compiled.run;
    const { fallbackReason } = used;
    if (used.constructor.mode === this.mode && fallbackReason === null) return;
    throw new FaultError(
      `gpu: the kernel "${kernel.name}" does not run in mode ${this.mode}, gpu.js would run it as ${used.constructor.mode}` +
        `${fallbackReason === null ? '' : ` (${fallbackReason})`}; take --backend wasm`,
    );
  }

  private checkSize(what: string, size: number): void {
    if (size <= this.largestSize) return;
    const limit =
      this.largestSize === LARGEST_INTEGER
        ? `the ${LARGEST_INTEGER} that a kernel of gpu.js can address`
        : isTextureMode(this.mode)
          ? `a texture of ${this.largestSide} x ${this.largestSide}, the largest of this device`
          : `a buffer of ${this.largestSize} numbers, the largest of this device`;
    throw new FaultError(
      `gpu: the result of "${what}" has ${size} numbers, more than ${limit}; ` +
        'take a smaller --batch-size (with a larger --grad-accum), a shorter --context, or --backend wasm',
    );
  }

  private uploadThroughKernel(values: Float32Array, data: GpuArray): void {
    this.checkSize('upload', values.length);
    const key = `${upload.name} ${values.length}`;
    this.submit(() => {
      const found = this.kernels.get(key) ?? this.compile(key, upload, [values.length], { fold: 1 }, 'Array');
      const result = found.run(values);
      if (!(result instanceof Promise)) {
        data.slot.store = result as GlTexture;
        return undefined;
      }
      return result.then((buffer: GpuBuffer) => {
        data.slot.store = buffer;
      });
    });
  }

  private async readFloats(data: GpuArray): Promise<Float32Array> {
    if (isHostMode(this.mode)) return (storeOf(data, 'read') as Float32Array).slice();
    // Take the store in the order of the queue: an op in place may exchange it afterwards.
    let store: Store | null = null;
    let values: Promise<Float32Array> | null = null;
    this.submit(() => {
      store = storeOf(data, 'read');
      if (!isTextureMode(this.mode)) values = (store as GpuBuffer).toArray();
      values?.catch(() => {}); // awaited below
    });
    await this.settle();
    this.checkContext();
    if (isTextureMode(this.mode)) {
      const texels = (store! as GlTexture).renderValues();
      return Float32Array.from({ length: data.length }, (_, i) => texels[4 * i]!);
    }
    return values!;
  }

  private checkContext(): void {
    if (this.context?.isContextLost?.() !== true) return;
    throw new FaultError(
      'gpu: the device took the WebGL context away (a driver reset, or too much memory in use); ' +
        'the last checkpoint is intact. Start again with a smaller --batch-size, or with --backend wasm',
    );
  }

  private free(slot: Slot): void {
    this.submit(() => {
      const { store } = slot;
      slot.store = null;
      if (store !== null && !(store instanceof Float32Array)) store.delete();
    });
  }

  /** Run a command now, or behind all others where the device is asynchronous. */
  private submit(command: () => undefined | void | Promise<void>): void {
    if (this.mode !== 'webgpu') {
      command();
      return;
    }
    this.tail = this.tail.then(async () => {
      if (this.failure !== null) return;
      try {
        await command();
      } catch (error) {
        this.failure = error instanceof Error ? error : new Error(String(error));
      }
    });
  }
}

function storeOf(data: GpuArray, user: string): Store {
  const { store } = data.slot;
  if (store !== null) return store;
  throw new Error(`gpu: ${user} was given memory that is empty or already released`);
}

function libraryFunction({ name, source, takes, gives }: Helper) {
  return { name, source: source.toString(), argumentTypes: [...takes], returnType: gives };
}

/** Rows of a host mode as one array. webasm cuts its rows from one array, which is then used as it is. */
function flatten(result: Nested, size: number): Float32Array {
  if (result instanceof Float32Array) return result;
  let first: Nested = result;
  while (!(first instanceof Float32Array)) first = first[0]!;
  if (first.buffer.byteLength === 4 * size) return new Float32Array(first.buffer as ArrayBuffer);
  const flat = new Float32Array(size);
  let at = 0;
  const append = (part: Nested) => {
    if (part instanceof Float32Array) {
      flat.set(part, at);
      at += part.length;
    } else for (const inner of part) append(inner);
  };
  append(result);
  return flat;
}
