/**
 * The wasm backend: AssemblyScript kernels with SIMD over one shared memory, and a pool of threads.
 *
 * The same in Node and in a page: the compiled module and a way to start a worker come from outside (src/platform/). What has
 * no kernel here (rare ops, float64) runs through the reference loops on the same memory.
 */
import type { Backend } from '../../backend.ts';
import { type Data, dtypeOf, type HostArray } from '../../dtype.ts';
import { type View, viewOf } from '../../view.ts';
import { reference } from '../reference/index.ts';
import { Device } from './device.ts';
import { binary, isOperand, unary, where } from './elementwise.ts';
import { fusedKernels } from './fused.ts';
import { gatherRows, scatterAddRows } from './indexing.ts';
import { matmul } from './matmul.ts';
import { WasmMemory } from './memory.ts';
import { adamw, canUpdate, sumOfSquares } from './optimizer.ts';
import { type Kernels, Pool, type WorkerHandle } from './pool.ts';
import { argmaxLast, reduce } from './reduce.ts';
import { adjointKernel, crossEntropy, crossEntropyAdjoint, rowKernel } from './softmax.ts';

interface WasmOptions {
  readonly module: WebAssembly.Module;
  /** Which build of the kernels `module` is, for reports. */
  readonly variant: string;
  readonly threads: number;
  /** The tiles of 256 bits are the faster ones here (width.ts); the results are the same bits. False by default. */
  readonly wide?: boolean;
  /** Starts a thread running worker.js; absent where there are none. */
  readonly spawn?: () => WorkerHandle;
  /** False for the plain build, on a memory that only one thread sees. */
  readonly shared?: boolean;
  /** Largest size of the memory in bytes, a multiple of 65536. */
  readonly maximumBytes?: number;
  /** Seconds that a worker may take to start before that is an error (default 60). */
  readonly startLimit?: number;
  /** Seconds that a share may take where nobody can tell whether its worker is alive (default 300). */
  readonly shareLimit?: number;
}

export interface WasmBackend extends Backend {
  readonly device: Device;
  readonly variant: string;
  readonly threads: number;
  /** Products run in tiles of 256 bits. */
  readonly wide: boolean;
  /** End the worker threads. */
  stop(): void;
}

const DEFAULT_MAXIMUM = 4 * 2 ** 30 - 65536;

export async function createWasmBackend(options: WasmOptions): Promise<WasmBackend> {
  const { module, variant, wide = false, shared = true } = options;
  const { maximumBytes = shared ? DEFAULT_MAXIMUM : 2 ** 30 } = options;
  const threads = options.spawn === undefined || !shared ? 1 : options.threads;
  const memory = new WasmMemory(threads, maximumBytes, shared);
  const imports = { memory: memory.memory, wide: wide ? 1 : 0, abort: () => {} };
  const instance = new WebAssembly.Instance(module, { env: imports });
  const kernels = Object.fromEntries(
    Object.entries(instance.exports).filter(([, value]) => typeof value === 'function'),
  ) as Kernels;
  const pool = new Pool(memory, kernels, threads, options.shareLimit);
  if (options.spawn !== undefined && threads > 1)
    await pool.start(module, wide, options.spawn, options.startLimit);
  return bind(new Device(memory, pool), { variant, threads, wide });
}

function bind(device: Device, labels: Pick<WasmBackend, 'variant' | 'threads' | 'wide'>): WasmBackend {
  const { memory } = device;

  /** Take over an array that a reference kernel made on the JavaScript heap. */
  const adopt = (values: HostArray): HostArray => {
    if (values instanceof Float64Array || memory.owns(values)) return values;
    const copy = memory.allocate(dtypeOf(values), values.length);
    copy.set(values);
    return copy;
  };

  return {
    ...reference,
    name: 'wasm',
    ...labels,
    device,
    fused: fusedKernels(device),
    stop: () => device.pool.stop(),
    allocate(dtype, size) {
      const data = memory.allocate(dtype, size);
      if (data instanceof Float64Array) return data; // made as zeros
      device.fill(viewOf(data, [size]), 0);
      return data;
    },
    upload: adopt,
    release: (data: Data) => memory.release(data as HostArray),
    collect: (data: Data) => memory.collect(data as HostArray),
    copy: (x, dtype) =>
      dtype !== 'float64' && device.handles(x)
        ? device.copy(x, dtype)
        : adopt(reference.copy(x, dtype) as HostArray),
    assign: (target, source) =>
      device.handles(target, source) ? device.assign(target, source) : reference.assign(target, source),
    fill: (target, value) =>
      device.handles(target) ? device.fill(target, value) : reference.fill(target, value),
    matmul: (a: View, b: View) =>
      device.handles(a, b) ? matmul(device, a, b) : adopt(reference.matmul(a, b) as HostArray),
    unary: (kind, x) =>
      device.isFloat(x) ? unary(device, kind, x) : adopt(reference.unary(kind, x) as HostArray),
    binary: (kind, a, b, shape, dtype) =>
      dtype === 'float32' && isOperand(device, a) && isOperand(device, b)
        ? binary(device, kind, a, b, shape)
        : adopt(reference.binary(kind, a, b, shape, dtype) as HostArray),
    where: (condition, a, b, shape, dtype) =>
      dtype === 'float32' && device.handles(condition) && isOperand(device, a) && isOperand(device, b)
        ? where(device, condition, a, b, shape)
        : adopt(reference.where(condition, a, b, shape, dtype) as HostArray),
    reduce: (kind, x, axes) =>
      device.isFloat(x) && x.size > 0
        ? reduce(device, kind, x, axes)
        : adopt(reference.reduce(kind, x, axes) as HostArray),
    argmax: (x, axis) =>
      device.isFloat(x) && x.size > 0 && axis === x.shape.length - 1
        ? argmaxLast(device, x)
        : adopt(reference.argmax(x, axis) as HostArray),
    cumsum: (x, axis, reverse) => adopt(reference.cumsum(x, axis, reverse) as HostArray),
    topK(x, k, largest) {
      const { values, indices } = reference.topK(x, k, largest);
      return { values: adopt(values as HostArray), indices: adopt(indices as HostArray) };
    },
    softmax: (x) =>
      device.isFloat(x) ? rowKernel(device, 'softmaxRows', x) : adopt(reference.softmax(x) as HostArray),
    softmaxAdjoint: (y, dy) =>
      device.isFloat(y) && device.isFloat(dy)
        ? adjointKernel(device, 'softmaxAdjointRows', y, dy)
        : adopt(reference.softmaxAdjoint(y, dy) as HostArray),
    logSoftmax: (x) =>
      device.isFloat(x)
        ? rowKernel(device, 'logSoftmaxRows', x)
        : adopt(reference.logSoftmax(x) as HostArray),
    logSoftmaxAdjoint: (y, dy) =>
      device.isFloat(y) && device.isFloat(dy)
        ? adjointKernel(device, 'logSoftmaxAdjointRows', y, dy)
        : adopt(reference.logSoftmaxAdjoint(y, dy) as HostArray),
    gather: (x, axis, index) => adopt(reference.gather(x, axis, index) as HostArray),
    scatterAdd: (shape, axis, index, source) =>
      adopt(reference.scatterAdd(shape, axis, index, source) as HostArray),
    gatherRows: (table, index) =>
      device.isFloat(table) && device.isInt(index)
        ? gatherRows(device, table, index)
        : adopt(reference.gatherRows(table, index) as HostArray),
    scatterAddRows: (rows, index, source) =>
      device.isFloat(source) && device.isInt(index)
        ? scatterAddRows(device, rows, index, source)
        : adopt(reference.scatterAddRows(rows, index, source) as HostArray),
    crossEntropy(logits, targets, ignoreIndex) {
      if (device.isFloat(logits) && device.isInt(targets)) {
        return crossEntropy(device, logits, targets, ignoreIndex);
      }
      const { losses, logSumExp } = reference.crossEntropy(logits, targets, ignoreIndex);
      return { losses: adopt(losses as HostArray), logSumExp: adopt(logSumExp as HostArray) };
    },
    crossEntropyAdjoint: (logits, targets, logSumExp, dLosses, ignoreIndex) =>
      device.isFloat(logits) && device.isInt(targets) && device.isFloat(logSumExp) && device.isFloat(dLosses)
        ? crossEntropyAdjoint(device, logits, targets, logSumExp, dLosses, ignoreIndex)
        : adopt(reference.crossEntropyAdjoint(logits, targets, logSumExp, dLosses, ignoreIndex) as HostArray),
    adamw: (targets, update) =>
      canUpdate(device, targets) ? adamw(device, targets, update) : reference.adamw(targets, update),
    sumOfSquares: (views) =>
      views.every((view) => device.isFloat(view))
        ? sumOfSquares(device, views)
        : adopt(reference.sumOfSquares(views) as HostArray),
  };
}
