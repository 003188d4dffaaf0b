/**
 * The builds of the wasm backend that its tests run on: fused multiply-add and portable, with one and two threads, and the
 * plain one.
 */
import { readFileSync } from 'node:fs';
import { buildKernels, isStale, kernelPath } from '../../../../src/platform/build-kernels.ts';
import { startWasmBackend } from '../../../../src/platform/node.ts';
import { createWasmBackend } from '../../../../src/tensor/backends/wasm/index.ts';

if (isStale()) await buildKernels();
const maximumBytes = 256 << 20;

/** The default build and the one of `--deterministic`. */
export async function startBuilds() {
  const builds = await Promise.all(
    [false, true].map(async (deterministic) => ({
      one: await startWasmBackend({ threads: 1, deterministic, maximumBytes }),
      two: await startWasmBackend({ threads: 2, deterministic, maximumBytes }),
    })),
  );
  const plain = await startPlain();
  const all = [...builds.flatMap(({ one, two }) => [one, two]), plain];
  return {
    builds,
    plain,
    all,
    stop() {
      for (const backend of all) backend.stop();
    },
  };
}

/** What a page without cross-origin isolation gets: one thread on a memory of its own. */
export function startPlain() {
  return createWasmBackend({
    module: new WebAssembly.Module(readFileSync(kernelPath('plain'))),
    variant: 'plain',
    threads: 2, // more than one thread there cannot be
    shared: false,
    maximumBytes,
  });
}
