/**
 * The gpu backend in Node: which modes of gpu.js exist on this machine.
 *
 *   webgpu       Dawn, from the package `webgpu`, where it was added (its binary needs a recent C++ library)
 *   headlessgl   ANGLE, from the package `gl` (optional: npm leaves it out where it has no binary and cannot compile)
 *   webasm, cpu  everywhere, without a GPU: correct and slow
 *
 * Dawn's binaries are 84 MB, more than all else that training needs together, and gpu.js asks for them without ever opening
 * them. So `overrides` in package.json puts an empty package in their place, and who wants Dawn adds it by hand.
 * Dawn keeps Node alive as long as something refers to it: stop() lets it go.
 */
import { FaultError } from '../errors.ts';
import { createGpuBackend, type GpuBackend, type GpuMode } from '../tensor/backends/gpu/index.ts';

export type { GpuBackend, GpuMode } from '../tensor/backends/gpu/index.ts';

/** The version that gpu.js was made with. */
export const ADD_DAWN = 'npm install --no-save webgpu@0.2.9';

/** Modes that compute on a GPU (or on a driver that acts as one), best first. */
const realModes = ['webgpu', 'headlessgl'] as const satisfies readonly GpuMode[];

export async function startGpuBackend(mode: GpuMode): Promise<GpuBackend> {
  if (mode === 'headlessgl')
    await loadOptional('gl', 'the package gl does not load', 'the package gl is not installed');
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
  const dawn = (await loadOptional(
    'webgpu',
    'Dawn does not load',
    `Dawn is not installed, "${ADD_DAWN}" adds it`,
  )) as Dawn;
  Object.assign(globalThis, dawn.globals);
  if (globalThis.navigator === undefined) {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value: dawn.create([]), configurable: true });
  return () => {
    Reflect.deleteProperty(globalThis.navigator, 'gpu');
  };
}

/** A package that is not a dependency of this project: where it cannot be loaded nothing else is missing. */
export async function loadOptional(name: string, broken: string, missing: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND') throw new FaultError(missing);
    throw new FaultError(`${broken} (${message.split('\n')[0]})`);
  }
}
