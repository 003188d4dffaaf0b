/** Where this repository serves what the wasm backend loads, and a backend started from it. */
import { type PageWasmOptions, startWasmBackend } from '../../src/platform/browser.ts';
import type { WasmBackend } from '../../src/tensor/backends/wasm/index.ts';

// Written out in full, as bundlers need it to find the files.
export const files: PageWasmOptions = {
  kernels: {
    fma: new URL('../../src/tensor/backends/wasm/build/kernels.fma.wasm', import.meta.url).href,
    simd: new URL('../../src/tensor/backends/wasm/build/kernels.simd.wasm', import.meta.url).href,
    plain: new URL('../../src/tensor/backends/wasm/build/kernels.plain.wasm', import.meta.url).href,
    tiles: new URL('../../src/tensor/backends/wasm/build/kernels.tiles.wasm', import.meta.url).href,
    tilesSimd: new URL('../../src/tensor/backends/wasm/build/kernels.tiles-simd.wasm', import.meta.url).href,
  },
  worker: new URL('../../src/tensor/backends/wasm/worker.js', import.meta.url).href,
};

export function start(options: Partial<PageWasmOptions> = {}): Promise<WasmBackend> {
  return startWasmBackend({ ...files, ...options });
}
