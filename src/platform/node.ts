/**
 * The wasm backend in Node: compiled kernels from the disk (compiled now if they are missing or stale), threads from
 * worker_threads.
 */
import { fstatSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { createWasmBackend, type WasmBackend } from '../tensor/backends/wasm/index.ts';
import type { WorkerHandle } from '../tensor/backends/wasm/pool.ts';
import { type TileVariant, tryTiles } from '../tensor/backends/wasm/width.ts';
import { buildKernels, isStale, kernelPath } from './build-kernels.ts';
import { canRevectorize, enableRelaxedSimd, setRevectorize, withEagerOptimizing } from './v8-flags.ts';

interface NodeWasmOptions {
  /** All cores by default. */
  readonly threads?: number | undefined;
  /** Keep to the portable kernels, whose bits do not depend on the processor. */
  readonly deterministic?: boolean | undefined;
  /** Tiles of 256 bits, or of 128; `auto` (default) tries both. The results are the same bits. */
  readonly wide?: 'auto' | boolean | undefined;
  /** Largest size of the memory in bytes. */
  readonly maximumBytes?: number;
}

const workerUrl = new URL('../tensor/backends/wasm/worker.js', import.meta.url);

/** A file that every worker keeps open as long as it lives; any file would do. */
const lease = fileURLToPath(workerUrl);

/** Starts a thread of the pool. */
export function spawnWorker(url = workerUrl, options: WorkerOptions = {}): WorkerHandle {
  const worker = new Worker(url, { ...options, execArgv: [] });
  worker.unref(); // an idle pool does not keep the program alive
  let open: number | null = null;
  return {
    postMessage: (message) => worker.postMessage({ ...(message as object), lease }),
    onStart(ready, failed) {
      worker.ref();
      const settle = (then: () => void) => {
        worker.removeAllListeners();
        worker.on('error', () => {}); // the pool notices when it waits for this one (isAlive)
        worker.unref();
        then();
      };
      worker.once('message', (descriptor: number) => {
        open = descriptor;
        settle(ready);
      });
      worker.once('error', (error) => settle(() => failed(error.message)));
      worker.once('exit', () => settle(() => failed('it ended at once')));
    },
    terminate: () => void worker.terminate(),
    isAlive: () => open === null || isOpen(open),
  };
}

/** True if the descriptor still is that of the lease: the number of a closed one is given away again. */
function isOpen(descriptor: number): boolean {
  try {
    const [held, file] = [fstatSync(descriptor), statSync(lease)];
    return held.ino === file.ino && held.dev === file.dev;
  } catch {
    return false;
  }
}

export async function startWasmBackend(options: NodeWasmOptions = {}): Promise<WasmBackend> {
  const threads = options.threads ?? Math.min(16, availableParallelism());
  if (isStale()) await buildKernels();
  const variant = options.deterministic ? 'simd' : bestVariant();
  const { wide: choice = 'auto', maximumBytes } = options;
  const wide = choice === 'auto' ? isWideFaster(variant) : choice;
  setRevectorize(wide);
  const module = new WebAssembly.Module(readFileSync(kernelPath(variant)));
  return createWasmBackend({
    ...{ module, variant, threads, wide },
    spawn: () => spawnWorker(),
    ...(maximumBytes === undefined ? {} : { maximumBytes }),
  });
}

/** The fused build where the engine validates it, else the portable one. */
function bestVariant(): TileVariant {
  enableRelaxedSimd();
  return WebAssembly.validate(readFileSync(kernelPath('fma'))) ? 'fma' : 'simd';
}

const answers = new Map<TileVariant, boolean>();

/** Tried once, in a few milliseconds. Leaves the pass on where it helps. */
function isWideFaster(variant: TileVariant): boolean {
  if (!canRevectorize()) return false;
  let answer = answers.get(variant);
  if (answer === undefined) {
    setRevectorize(true);
    const bytes = readFileSync(kernelPath(variant === 'fma' ? 'tiles' : 'tiles-simd'));
    // Compiled later, or by the quick compiler first, both tiles would be timed before they are what they will be.
    const module = withEagerOptimizing(() => new WebAssembly.Module(bytes));
    answer = tryTiles(module, variant).isWide;
    answers.set(variant, answer);
  }
  return answer;
}
