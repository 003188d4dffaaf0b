/**
 * The wasm backend in a page: kernels are fetched, threads are Web Workers.
 *
 * Threads need shared memory, which a page only has under cross-origin isolation (the headers Cross-Origin-Opener-Policy:
 * same-origin and Cross-Origin-Embedder-Policy: require-corp); without it one thread computes on memory of its own.
 */
import { createWasmBackend, type WasmBackend } from '../tensor/backends/wasm/index.ts';
import type { WorkerHandle } from '../tensor/backends/wasm/pool.ts';
import { type TileVariant, tryTiles } from '../tensor/backends/wasm/width.ts';

export interface PageWasmOptions {
  /**
   * Where the files of build-kernels.ts are served. Without `tiles` and `tilesSimd`, some 3 kB each, nothing is tried and the
   * tiles are those of 128 bits.
   */
  readonly kernels: {
    readonly fma: string;
    readonly simd: string;
    readonly plain: string;
    readonly tiles?: string;
    readonly tilesSimd?: string;
  };
  /**
   * Where src/tensor/backends/wasm/worker.js is served. Better a file than the data: URL that bundlers make of small ones (vite:
   * `build.assetsInlineLimit`): such a worker has an origin of its own, and a browser may refuse to share memory with it.
   */
  readonly worker: string;
  /** All cores by default; one where the page is not isolated. */
  readonly threads?: number;
  /** Keep to the portable kernels, whose bits do not depend on the processor. */
  readonly deterministic?: boolean;
  /** Tiles of 256 bits, or of 128; `auto` (default) tries both. The results are the same bits. */
  readonly wide?: 'auto' | boolean;
  /** Largest size of the memory in bytes, a multiple of 65536. */
  readonly maximumBytes?: number;
  /** Seconds that a worker may take to start before that is an error (default 60). */
  readonly startLimit?: number;
}

export async function startWasmBackend(options: PageWasmOptions): Promise<WasmBackend> {
  const {
    kernels,
    worker,
    threads,
    deterministic = false,
    wide = 'auto',
    maximumBytes,
    startLimit,
  } = options;
  const shared = typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated === true;
  const variants = (['fma', 'simd'] as const).slice(deterministic ? 1 : 0);
  for (const variant of shared ? variants : (['plain'] as const)) {
    const bytes = await fetchKernels(kernels[variant]);
    if (!WebAssembly.validate(bytes)) continue; // relaxed SIMD is younger than SIMD
    const module = await WebAssembly.compile(bytes);
    const tiles = variant === 'fma' ? 'fma' : 'simd';
    return createWasmBackend({
      ...{ module, variant, shared },
      wide: wide === 'auto' ? await isWideFaster(tiles, kernels, shared) : wide,
      threads: threads ?? Math.min(16, navigator.hardwareConcurrency),
      spawn: () => spawn(worker),
      ...(maximumBytes === undefined ? {} : { maximumBytes }),
      ...(startLimit === undefined ? {} : { startLimit }),
    });
  }
  throw new Error('This browser has no WebAssembly SIMD; use the reference backend');
}

/**
 * A page compiles quickly first and well only what has run for a while, in another thread: so both tiles are tried until then,
 * with pauses. The time of the last trial counts.
 */
async function isWideFaster(
  variant: TileVariant,
  { tiles, tilesSimd }: PageWasmOptions['kernels'],
  isIsolated: boolean,
): Promise<boolean> {
  const url = variant === 'fma' ? tiles : tilesSimd;
  if (url === undefined) return false;
  const module = await WebAssembly.compile(await fetchKernels(url));
  // Clocks in pages are coarse: 5 microseconds under isolation, 100 without.
  const effort = isIsolated ? { turns: 12, calls: 200 } : { turns: 2, calls: 4000 };
  let isWide = false;
  for (let trial = 0; trial < TRIALS; trial++) {
    isWide = tryTiles(module, variant, effort).isWide;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  return isWide;
}

/** Some 2 milliseconds of work each, and milliseconds between them. */
const TRIALS = 4;
const PAUSE = 10;

async function fetchKernels(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`Cannot load ${url}: the server answers ${response.status}`);
  const bytes = await response.arrayBuffer();
  // Many servers answer a wrong address with their start page, which must not pass for a browser without SIMD.
  const isWasm = bytes.byteLength > 4 && new DataView(bytes).getUint32(0) === 0x0061736d; // "\0asm"
  if (!isWasm) throw new Error(`${url} is not a WebAssembly file; are the compiled kernels served there?`);
  return bytes;
}

function spawn(url: string): WorkerHandle {
  const worker = new Worker(url);
  return {
    postMessage: (message) => worker.postMessage(message),
    onStart(ready, failed) {
      const heard = new AbortController();
      const { signal } = heard;
      const onMessage = () => {
        heard.abort();
        ready();
      };
      // A script that cannot be loaded gives an event without a message, a script that throws one with it.
      const onError = (event: Event) => {
        heard.abort();
        event.preventDefault(); // told to the caller, so no longer uncaught
        const { message } = event as Partial<ErrorEvent>;
        failed(message === undefined ? `cannot load ${url}` : `${message} (${url})`);
      };
      worker.addEventListener('message', onMessage, { signal });
      worker.addEventListener('error', onError, { signal });
    },
    terminate: () => worker.terminate(),
  };
}
