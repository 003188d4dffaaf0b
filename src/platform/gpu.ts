/**
 * The gpu backend in Node: which modes of gpu.js exist on this machine.
 *
 *   webgpu       Dawn, from the package `webgpu` that gpu.js brings along (its binary needs a recent C++ library)
 *   headlessgl   ANGLE, from the package `gl` (optional: npm leaves it out where it has no binary and cannot compile)
 *   webasm, cpu  everywhere, without a GPU: correct and slow
 *
 * Dawn keeps Node alive as long as something refers to it: stop() lets it go.
 */
import { FaultError } from '../errors.ts';
import { createGpuBackend, type GpuBackend, type GpuMode } from '../tensor/backends/gpu/index.ts';

export type { GpuBackend, GpuMode } from '../tensor/backends/gpu/index.ts';

/** Modes that compute on a GPU (or on a driver that acts as one), best first. */
const realModes = ['webgpu', 'headlessgl'] as const satisfies readonly GpuMode[];

export async function startGpuBackend(mode: GpuMode): Promise<GpuBackend> {
  if (mode === 'headlessgl') await loadOptional('gl', 'the package gl is not installed');
  if (mode !== 'webgpu') return createGpuBackend({ mode });
  const letGo = await loadDawn();
  try {
    const backend = await createGpuBackend({ mode });
    return {
      ...backend,
      async stop() {
        await backend.stop();
        letGo();
      },
    };
  } catch (error) {
    letGo();
    throw error;
  }
}

/** The best real GPU there is, or why there is none. */
export async function findGpu(): Promise<{ backend: GpuBackend } | { reason: string }> {
  const reasons: string[] = [];
  for (const mode of realModes) {
    try {
      return { backend: await startGpuBackend(mode) };
    } catch (error) {
      reasons.push(`${mode}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  return { reason: reasons.join('; ') };
}

/** gpu.js looks for WebGPU where a page has it: in `navigator`. Returns how to take it away again. */
async function loadDawn(): Promise<() => void> {
  if (globalThis.navigator?.gpu !== undefined) return () => {};
  type Dawn = { create(options: readonly string[]): unknown; globals: object };
  const dawn = (await loadOptional('webgpu', 'Dawn does not load')) as Dawn;
  Object.assign(globalThis, dawn.globals);
  if (globalThis.navigator === undefined) {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value: dawn.create([]), configurable: true });
  return () => {
    Reflect.deleteProperty(globalThis.navigator, 'gpu');
  };
}

/**
 * A package that is not a dependency of this project: gpu.js brings it, and where it cannot be loaded nothing else is missing.
 */
async function loadOptional(name: string, why: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (error) {
    throw new FaultError(`${why} (${(error as Error).message.split('\n')[0]})`);
  }
}
