/**
 * The gpu backend: gpu.js kernels, one readable function per kernel, tensors resident on the device between them.
 *
 * Runs in a page (webgl2, webgpu) and in Node (webgpu through Dawn, headlessgl, and gpu.js's own webasm and cpu where there is
 * no GPU). The mode is chosen by the caller and pinned: what gpu.js cannot run in it is an error, never silently something
 * else. Reading is asynchronous.
 */
import { FaultError } from '../../../errors.ts';
import type { Backend } from '../../backend.ts';
import type { Data } from '../../dtype.ts';
import { coversData } from '../../view.ts';
import { crossEntropy, crossEntropyAdjoint } from './cross-entropy.ts';
import { GpuDevice } from './device.ts';
import { binary, unary, where } from './elementwise.ts';
import { fusedKernels } from './fused.ts';
import { gather, gatherRows, scatterAdd, scatterAddRows } from './indexing.ts';
import { type GpuLibrary, type GpuMode, loadLibrary } from './library.ts';
import { matmul } from './matmul.ts';
import type { GpuArray } from './memory.ts';
import { assign, convert, copy, fill, filled } from './movement.ts';
import { adamw } from './optimizer.ts';
import { argmax, topK } from './order.ts';
import { cumsum, reduce, sumOfSquares } from './reduce.ts';
import { softmaxRows, softmaxRowsAdjoint } from './softmax.ts';

export type { GpuMode } from './library.ts';

interface GpuOptions {
  readonly mode: GpuMode;
  /** The module `gpu.js`, if the program has loaded it already (a page may have it from a script). */
  readonly gpu?: GpuLibrary | undefined;
}

export interface GpuBackend extends Backend {
  readonly name: 'gpu';
  readonly mode: GpuMode;
  readonly device: GpuDevice;
  /** Give everything on the device back; the backend cannot be used afterwards. */
  stop(): Promise<void>;
}

/** Start gpu.js in a mode. Throws one sentence where the mode does not exist on this machine. */
export async function createGpuBackend({ mode, gpu }: GpuOptions): Promise<GpuBackend> {
  const { GPU } = gpu ?? (await loadLibrary());
  try {
    const device = new GpuDevice(new GPU({ mode }), mode);
    await device.start();
    return bind(device, mode);
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new FaultError(`gpu: mode ${mode} does not start here (${reason})`);
  }
}

function bind(device: GpuDevice, mode: GpuMode): GpuBackend {
  const typeOf = (data: Data) => (data as GpuArray).dtype;
  return {
    name: 'gpu',
    mode,
    device,
    fused: fusedKernels(device),
    stop: () => device.destroy(),
    supports: (dtype) => dtype !== 'float64',
    allocate: (dtype, size) => filled(device, dtype, size, 0),
    upload: (values) => device.upload(values),
    async read(view) {
      if (coversData(view)) return device.read(view.data as GpuArray);
      const made = copy(device, view);
      const values = device.read(made);
      device.release(made);
      return values;
    },
    release: (data) => device.release(data as GpuArray),
    collect: (data) => device.memory.collect(data as GpuArray),

    copy: (x, dtype) => convert(device, x, dtype),
    assign: (target, source) => assign(device, target, source),
    fill: (target, value) => fill(device, target, value),

    unary: (kind, x) => unary(device, kind, x, typeOf(x.data)),
    binary: (kind, a, b, shape, dtype) => binary(device, kind, a, b, shape, dtype),
    where: (condition, a, b, shape, dtype) => where(device, condition, a, b, shape, dtype),

    reduce: (kind, x, axes) => reduce(device, kind, x, axes),
    argmax: (x, axis) => argmax(device, x, axis),
    cumsum: (x, axis, reverse) => cumsum(device, x, axis, reverse),
    topK: (x, k, largest) => topK(device, x, k, largest),
    matmul: (a, b) => matmul(device, a, b),

    softmax: (x) => softmaxRows(device, 'softmax', x),
    softmaxAdjoint: (y, dy) => softmaxRowsAdjoint(device, 'softmax', y, dy),
    logSoftmax: (x) => softmaxRows(device, 'logSoftmax', x),
    logSoftmaxAdjoint: (y, dy) => softmaxRowsAdjoint(device, 'logSoftmax', y, dy),
    crossEntropy: (logits, targets, ignored) => crossEntropy(device, logits, targets, ignored),
    crossEntropyAdjoint: (logits, targets, logSumExp, dLosses, ignored) =>
      crossEntropyAdjoint(device, logits, targets, logSumExp, dLosses, ignored),

    gather: (x, axis, index) => gather(device, x, axis, index),
    scatterAdd: (shape, axis, index, source) => scatterAdd(device, shape, axis, index, source),
    gatherRows: (table, index) => gatherRows(device, table, index),
    scatterAddRows: (rows, index, source) => scatterAddRows(device, rows, index, source),

    adamw: (targets, update) => adamw(device, targets, update),
    sumOfSquares: (views) => sumOfSquares(device, views),
  };
}
