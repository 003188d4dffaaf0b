/**
 * The wasm backend: AssemblyScript kernels with SIMD over one shared memory, and a pool of threads.
 *
 * The same in Node and in a page: the compiled module and a way to start a worker come from outside (src/platform/). What has no kernel
 * here (rare ops, float64) runs through the reference loops on the same memory.
 */
import type { Backend } from '../../backend.ts';
import { type Data, dtypeOf, type HostArray } from '../../dtype.ts';
import type { View } from '../../view.ts';
import { reference } from '../reference/index.ts';
import { Device } from './device.ts';
import { fusedKernels } from './fused.ts';
import { matmul } from './matmul.ts';
import { WasmMemory } from './memory.ts';
import { type Kernels, Pool, type WorkerHandle } from './pool.ts';

export interface WasmOptions {
  readonly module: WebAssembly.Module;
  /** Which build of the kernels `module` is, for reports. */
  readonly variant: string;
  readonly threads: number;
  /** Starts a thread running worker.js; absent where there are none. */
  readonly spawn?: () => WorkerHandle;
  /** Largest size of the memory. */
  readonly maximumBytes?: number;
}

export interface WasmBackend extends Backend {
  readonly device: Device;
  readonly variant: string;
  readonly threads: number;
  /** End the worker threads. */
  stop(): void;
}

const DEFAULT_MAXIMUM = 4 * 2 ** 30 - 65536;

export async function createWasmBackend(options: WasmOptions): Promise<WasmBackend> {
  const { module, variant, maximumBytes = DEFAULT_MAXIMUM } = options;
  const threads = options.spawn === undefined ? 1 : options.threads;
  const memory = new WasmMemory(threads, maximumBytes, true);
  const instance = new WebAssembly.Instance(module, { env: { memory: memory.memory, abort: () => {} } });
  const kernels = Object.fromEntries(
    Object.entries(instance.exports).filter(([, value]) => typeof value === 'function'),
  ) as Kernels;
  const pool = new Pool(memory, kernels, threads);
  if (options.spawn !== undefined) await pool.start(module, options.spawn);
  return bind(new Device(memory, pool), variant, threads);
}

function bind(device: Device, variant: string, threads: number): WasmBackend {
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
    variant,
    threads,
    device,
    fused: fusedKernels(device),
    stop: () => device.pool.stop(),
    allocate(dtype, size) {
      const data = memory.allocate(dtype, size);
      data.fill(0);
      return data;
    },
    upload: adopt,
    release: (data: Data) => memory.release(data as HostArray),
    copy: (x, dtype) =>
      dtype === dtypeOf(x.data) && device.handles(x)
        ? device.copy(x)
        : adopt(reference.copy(x, dtype) as HostArray),
    matmul: (a: View, b: View) =>
      device.handles(a, b) ? matmul(device, a, b) : adopt(reference.matmul(a, b) as HostArray),
    unary: (kind, x) => adopt(reference.unary(kind, x) as HostArray),
    binary: (kind, a, b, shape, dtype) => adopt(reference.binary(kind, a, b, shape, dtype) as HostArray),
    where: (condition, a, b, shape, dtype) =>
      adopt(reference.where(condition, a, b, shape, dtype) as HostArray),
    reduce: (kind, x, axes) => adopt(reference.reduce(kind, x, axes) as HostArray),
    argmax: (x, axis) => adopt(reference.argmax(x, axis) as HostArray),
    cumsum: (x, axis, reverse) => adopt(reference.cumsum(x, axis, reverse) as HostArray),
    topK(x, k, largest) {
      const { values, indices } = reference.topK(x, k, largest);
      return { values: adopt(values as HostArray), indices: adopt(indices as HostArray) };
    },
    softmax: (x) => adopt(reference.softmax(x) as HostArray),
    softmaxAdjoint: (y, dy) => adopt(reference.softmaxAdjoint(y, dy) as HostArray),
    logSoftmax: (x) => adopt(reference.logSoftmax(x) as HostArray),
    logSoftmaxAdjoint: (y, dy) => adopt(reference.logSoftmaxAdjoint(y, dy) as HostArray),
    gather: (x, axis, index) => adopt(reference.gather(x, axis, index) as HostArray),
    scatterAdd: (shape, axis, index, source) =>
      adopt(reference.scatterAdd(shape, axis, index, source) as HostArray),
    gatherRows: (table, index) => adopt(reference.gatherRows(table, index) as HostArray),
    scatterAddRows: (rows, index, source) =>
      adopt(reference.scatterAddRows(rows, index, source) as HostArray),
    crossEntropy(logits, targets, ignoreIndex) {
      const { losses, logSumExp } = reference.crossEntropy(logits, targets, ignoreIndex);
      return { losses: adopt(losses as HostArray), logSumExp: adopt(logSumExp as HostArray) };
    },
    crossEntropyAdjoint: (logits, targets, logSumExp, dLosses, ignoreIndex) =>
      adopt(reference.crossEntropyAdjoint(logits, targets, logSumExp, dLosses, ignoreIndex) as HostArray),
  };
}
