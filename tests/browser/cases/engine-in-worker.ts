/**
 * The engine inside a worker of the page, the place for long work: the page stays alive, and the pool's threads are workers of
 * the worker.
 */
import { type PageWasmOptions, startWasmBackend } from '../../../src/platform/browser.ts';
import { full, setDefaults, tensor } from '../../../src/tensor/index.ts';

self.onmessage = async ({ data: files }: MessageEvent<PageWasmOptions>) => {
  const backend = await startWasmBackend({ ...files, threads: 2, maximumBytes: 64 << 20 });
  setDefaults({ backend });
  const { variant, threads } = backend;
  const x = tensor([1, 2, 3]).requireGrad();
  x.square().sum().backward();
  const sum = full([200, 200], 0.5).sum().item() + full([200, 200], 0.0025).sum().item();
  const gradient = [...x.grad!.toArray()];
  self.postMessage({ variant, threads, sum: Math.round(sum), gradient });
};
