import { createGpuBackend } from '../../src/tensor/backends/gpu/index.ts';
import type { GpuMode } from '../../src/tensor/backends/gpu/library.ts';
import { table } from '../tensor/backends-cases.ts';
import { conformance } from '../tensor/conformance.ts';
import { fusedTable } from '../tensor/fused-cases.ts';
import type { PageCase } from './page-case.ts';

export async function gpuCases(mode: GpuMode): Promise<{ cases: PageCase[] }> {
  let backend = await createGpuBackend({ mode });
  const kernels = [...new Set([...table, ...fusedTable].map((row) => row.kernel))];
  return {
    cases: kernels.map((kernel) => ({
      name: kernel,
      async run() {
        const result = await conformance(backend, {
          arithmetic: mode === 'webasm' ? 'single' : 'device',
          rowsPerKernel: 4,
          select: (row) => row.kernel === kernel,
        });
        if (result.failures.length > 0) {
          if (mode === 'webgpu') backend = await createGpuBackend({ mode });
          throw new Error(result.failures.join('\n'));
        }
        backend.device.dropKernels();
        return `${result.kernels.get(kernel)} rows; ${backend.device.compiled}`;
      },
    })),
  };
}
