/**
 * The suites of `npm run test:browser`. Each gets a page of its own; the runner (Node) reads the table, the page loads the cases.
 *
 * To add one: a file in cases/ that exports `cases`, and an entry here. What every backend must pass is in backend-cases.ts; a
 * new backend in a page is `kernelCases([{ name, backend }])` and `trainLikeReference({ backend, tolerance, sizes })`, as in
 * cases/wasm-*.ts.
 */
import type { GpuMode } from '../../src/tensor/backends/gpu/library.ts';
import type { PageCase } from './page-case.ts';

export interface Suite {
  /** Serve the page with the headers of cross-origin isolation, so that it has shared memory and hence threads. */
  readonly isolated: boolean;
  /** Seconds that a case may take before its page is closed and it counts as failed. */
  readonly limit: number;
  /** The browser is started once more for this suite, with these arguments added. */
  readonly browser?: readonly string[];
  /** Only runs when it is named: cases that fail on purpose. */
  readonly onRequest?: true;
  readonly load: () => Promise<{ readonly cases: readonly PageCase[] }>;
}

export const suites: Readonly<Record<string, Suite>> = {
  platform: { isolated: true, limit: 30, load: () => import('./cases/platform.ts') },
  'platform-unshared': { isolated: false, limit: 30, load: () => import('./cases/platform-unshared.ts') },
  'wasm-kernels': { isolated: true, limit: 60, load: () => import('./cases/wasm-kernels.ts') },
  'wasm-kernels-unshared': { isolated: false, limit: 60, load: () => import('./cases/wasm-kernels.ts') },
  'wasm-kernels-wide': {
    ...{ isolated: true, limit: 60, browser: ['--js-flags=--wasm-revectorize'] },
    load: () => import('./cases/wasm-kernels-wide.ts'),
  },
  'wasm-training': { isolated: true, limit: 60, load: () => import('./cases/wasm-training.ts') },
  'wasm-training-unshared': { isolated: false, limit: 60, load: () => import('./cases/wasm-training.ts') },
  language: { isolated: true, limit: 60, load: () => import('./cases/language.ts') },
  gpu: { isolated: true, limit: 30, load: () => import('./cases/gpu.ts') },
  ...gpuSuites('webgl2'),
  ...gpuSuites('webgpu'),
  ...gpuSuites('webasm'),
  control: { isolated: true, limit: 3, onRequest: true, load: () => import('./cases/control.ts') },
};

/** The gpu backend in one of its modes: gpu.js runs in the page, on whatever this browser has. */
function gpuSuites(mode: GpuMode): Readonly<Record<string, Suite>> {
  return {
    [`gpu-${mode}-kernels`]: {
      isolated: true,
      limit: 60,
      load: () => import('./cases/gpu-kernels.ts').then(({ kernelCases }) => kernelCases(mode)),
    },
    [`gpu-${mode}-training`]: {
      isolated: true,
      limit: 120,
      load: () => import('./cases/gpu-training.ts').then(({ trainingCases }) => trainingCases(mode)),
    },
  };
}
