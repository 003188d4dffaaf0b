/**
 * The gpu backend in one of its modes, in a page: which mode really runs, every kernel against the reference, what lies at the
 * limits.
 *
 * A case a kernel prints how many rows of the table it was held to, the tolerance of a typical one, and how many kernels were
 * compiled for it.
 */
import * as assert from 'uvu/assert';
import { createGpuBackend, type GpuBackend } from '../../../src/tensor/backends/gpu/index.ts';
import { allKernels } from '../../../src/tensor/backends/gpu/kernel.ts';
import { type GpuLibrary, type GpuMode, loadLibrary } from '../../../src/tensor/backends/gpu/library.ts';
import { fromArray, scope } from '../../../src/tensor/index.ts';
import {
  type Arithmetic,
  allRows,
  conformance,
  leftOut,
  toleranceOf,
} from '../../tensor/backends/conformance.ts';
import { checkOtherKernels } from '../../tensor/backends/gpu/other-kernels.ts';
import { witness } from '../gpu-witness.ts';
import type { PageCase } from '../page-case.ts';

/** Rows of a kernel that run beside its largest, its first empty and its first broadcast one. */
const ROWS = 5;

export async function kernelCases(mode: GpuMode): Promise<{ readonly cases: readonly PageCase[] }> {
  const arithmetic = mode === 'webasm' ? 'single' : 'device';
  const backend = await createGpuBackend({ mode });
  // On webgpu up to three buffers that were read through are kept for the next read: here they are, before anything is counted.
  const x = fromArray(Float32Array.of(1), [1], { backend });
  await Promise.all([x.read(), x.read(), x.read()]);
  x.dispose();
  const launched = new Set<string>();
  const { launch } = backend.device;
  backend.device.launch = (kernel, ...rest) => {
    launched.add(kernel.name);
    return launch.call(backend.device, kernel, ...rest);
  };
  return {
    cases: [
      { name: 'the mode that runs', run: () => checkMode(backend) },
      ...[...new Set(allRows.map((row) => row.kernel))].map((kernel) => ({
        name: kernel,
        run: () => checkKernel(backend, kernel, arithmetic),
      })),
      { name: 'kernels without a row in the table', run: () => checkOtherKernels(backend).then(() => '') },
      {
        name: 'no kernel is left out',
        run() {
          const missing = allKernels.filter(
            ({ name }) => !launched.has(name) && !/^(upload|probe)$/.test(name),
          );
          assert.equal(
            missing.map(({ name }) => name),
            [],
          );
          return `${launched.size} of ${allKernels.length} kernels were launched`;
        },
      },
      { name: 'large grids', run: () => checkLargeGrids(backend) },
      { name: 'numbers outlive the kernel that wrote them', run: () => checkLifetimes(backend) },
      {
        name: 'control: a wrong kernel and another mode are noticed',
        async run() {
          const wrong = {
            ...backend,
            unary: ((kind, x) => backend.unary(kind === 'cos' ? 'sin' : kind, x)) as typeof backend.unary,
          };
          const select = ({ kernel }: { kernel: string }) => kernel === 'unary cos';
          const { failures } = await conformance(wrong, { arithmetic, rowsPerKernel: 3, select });
          assert.ok(
            failures.length > 2 && failures.every((failure) => /^unary cos: .*element/.test(failure)),
            failures.join(),
          );
          const message = await createGpuBackend({ mode, gpu: otherMode }).then(
            () => 'it started',
            (error: Error) => error.message,
          );
          const kernel = mode === 'webasm' ? 'probe' : 'upload'; // the first to run
          assert.match(
            message,
            `mode ${mode} does not start here (gpu: the kernel "${kernel}" does not run in mode ${mode}, gpu.js ` +
              'would run it as cpu',
          );
          return message;
        },
      },
    ],
  };
}

/** A gpu.js that computes on the CPU whatever it is asked for. */
const { GPU } = await loadLibrary();
class OnCpu extends GPU {
  constructor() {
    super({ mode: 'cpu' });
  }
}
const otherMode: GpuLibrary = { GPU: OnCpu };

/** Draws and dispatches are counted outside of gpu.js: each mode has those of its own, and no others. */
async function checkMode({ mode, device }: GpuBackend): Promise<string> {
  const { live } = witness;
  const backend = await createGpuBackend({ mode });
  const x = fromArray(Float32Array.of(1, 2, 3), [3], { backend });
  await backend.device.settle();
  const { draws, dispatches } = witness;
  const { launches } = backend.device;
  assert.is(Math.round((await x.exp().mul(2).read())[2]!), 40);
  const counts = [backend.device.launches - launches, witness.draws - draws, witness.dispatches - dispatches];
  assert.equal(counts, { webgl2: [2, 2, 0], webgpu: [2, 0, 2], webasm: [2, 0, 0] }[mode as 'webgl2']);
  await backend.stop();
  assert.is(witness.live, live, 'a backend that has stopped has something left');
  return describe(mode, device.context);
}

function describe(mode: GpuMode, context: unknown): string {
  if (mode === 'webgpu') {
    const { vendor, architecture } = (context as { readonly adapter: GPUAdapter }).adapter.info;
    return `${vendor} ${architecture}`;
  }
  if (mode === 'webasm') return 'WebAssembly of gpu.js';
  const gl = context as WebGL2RenderingContext;
  const name = gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER;
  return `${gl.getParameter(gl.VERSION)}, ${gl.getParameter(name)}`;
}

async function checkKernel(backend: GpuBackend, kernel: string, arithmetic: Arithmetic): Promise<string> {
  const { device } = backend;
  const { compiled } = device;
  const { arrays } = device.memory;
  device.dropKernels();
  await device.settle();
  const { live } = witness;
  const { failures, kernels } = await conformance(backend, {
    arithmetic,
    rowsPerKernel: ROWS,
    select: (row) => row.kernel === kernel,
  });
  if (failures.length > 0) throw new Error(failures.join('\n'));
  device.dropKernels();
  await device.settle();
  assert.equal([device.memory.arrays, witness.live], [arrays, live], 'something is left on the device');
  const rows = allRows.filter((row) => row.kernel === kernel && leftOut(row, arithmetic) === null);
  const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
  const absolute = middle(rows.map((row) => toleranceOf(row, arithmetic).absolute));
  const relative = middle(rows.map((row) => toleranceOf(row, arithmetic).relative));
  assert.ok(kernels.get(kernel)! >= Math.min(3, rows.length));
  return `${kernels.get(kernel)} of ${rows.length} rows within ${absolute.toExponential(1)} + ${relative.toExponential(1)} |x|, ${device.compiled - compiled} compiled`;
}

/** More rows than a texture has, or than one dispatch of WebGPU; places up to the largest that there may be. */
async function checkLargeGrids(backend: GpuBackend): Promise<string> {
  for (const rows of [9001, 600_001]) {
    const [result, expected] = scope(() => {
      const x = Float32Array.from({ length: 2 * rows }, (_, i) => i);
      const both = fromArray(x, [rows, 2], { backend });
      const swapped = both
        .add(fromArray(Float32Array.of(0, 0.5), [2], { backend }))
        .sum(1)
        .keep();
      return [swapped, x.filter((_, i) => i % 2 === 0).map((first) => 2 * first + 1.5)];
    });
    assert.equal(firstDifference(await result.read(), expected), null, `${rows} rows`);
    result.dispose();
  }
  const size = 2 ** 24;
  const all = fromArray(
    Float32Array.from({ length: size }, (_, i) => i),
    [size],
    { backend },
  );
  const last = all.slice(0, size - 5).mul(1);
  assert.equal(
    [...(await last.read())],
    [5, 4, 3, 2, 1].map((back) => size - back),
  );
  all.dispose();
  last.dispose();
  const message = (() => {
    try {
      return `${backend.allocate('float32', size + 1)} was allocated`;
    } catch (error) {
      return (error as Error).message;
    }
  })();
  assert.match(
    message,
    `${size + 1} numbers, more than the ${size} that a kernel of gpu.js can address; take a smaller --batch-size`,
  );
  backend.device.dropKernels();
  return message;
}

function firstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): string | null {
  for (let i = 0; i < expected.length; i++)
    if (actual[i] !== expected[i]) return `${i}: ${actual[i]}, not ${expected[i]}`;
  return actual.length === expected.length ? null : `${actual.length} numbers`;
}

/** gpu.js deletes what belongs to a kernel with it; the backend must not notice. */
async function checkLifetimes(backend: GpuBackend): Promise<undefined> {
  const x = fromArray(Float32Array.of(1, 2, 3), [3], { backend });
  const first = x.mul(2);
  const second = x.mul(3); // by the same kernel
  const matrix = fromArray(Float32Array.of(1, 2, 3, 4), [2, 2], { backend }).matmul(
    fromArray(Float32Array.of(0, 1, 1, 0), [2, 2], { backend }),
  );
  const reading = first.read();
  backend.device.dropKernels();
  assert.equal([...(await reading)], [2, 4, 6]);
  assert.equal([...(await first.read())], [2, 4, 6]);
  assert.equal([...(await second.add(first).read())], [5, 10, 15]);
  assert.equal([...(await matrix.read())], [2, 1, 4, 3]);
  assert.equal([...(await matrix.reshape([4]).exp().log().read())].map(Math.round), [2, 1, 4, 3]);
  return undefined;
}
