/**
 * The gpu backend where there is no GPU: gpu.js's modes cpu and webasm against the reference, and once more with the manners of
 * webgpu and webgl2 on fakes. The real ones run in a page with the same conformance.ts.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Backend } from '../../../../src/tensor/backend.ts';
import { createGpuBackend, type GpuBackend } from '../../../../src/tensor/backends/gpu/index.ts';
import { allKernels } from '../../../../src/tensor/backends/gpu/kernel.ts';
import { type Arithmetic, conformance } from '../conformance.ts';
import { fakeLibrary } from './fakes.ts';
import { checkOtherKernels } from './other-kernels.ts';

const hosts: readonly { readonly backend: GpuBackend; readonly arithmetic: Arithmetic }[] = [
  { backend: await createGpuBackend({ mode: 'cpu' }), arithmetic: 'double' },
  { backend: await createGpuBackend({ mode: 'webasm' }), arithmetic: 'single' },
];
const webasm = hosts[1]!.backend;

/** Names of the kernels that a backend launches while `fn` runs. */
async function launched(backend: GpuBackend, fn: () => Promise<void>): Promise<Set<string>> {
  const names = new Set<string>();
  const { device } = backend;
  const { launch } = device;
  device.launch = (kernel, ...rest) => {
    names.add(kernel.name);
    return launch.call(device, kernel, ...rest);
  };
  await fn();
  device.launch = launch;
  return names;
}

for (const { backend, arithmetic } of hosts) {
  test(`conformance, mode ${backend.mode}: every kernel agrees with the reference, and gives its memory back`, async () => {
    const before = backend.device.memory.arrays;
    const names = await launched(backend, async () => {
      const { failures, kernels } = await conformance(backend, {
        arithmetic,
        rowsPerKernel: 24,
        onRow: (_, done) => {
          if (done % 200 === 0) backend.device.dropKernels(); // each holds memory for its operands
        },
      });
      assert.equal(failures, []);
      assert.ok(kernels.size > 55, `${kernels.size} kinds of kernels`);
    });
    assert.is(backend.device.memory.arrays, before);
    const indirect = ['upload', 'probe', 'binary'];
    const missing = allKernels.filter(
      ({ name }) => !names.has(name) && !indirect.some((x) => name.startsWith(x)),
    );
    const found = missing.map(({ name }) => name);
    assert.equal(found, ['scatterAddRows by search'], 'it has a test of its own below');
  });
}

test('control: a wrong kernel fails the conformance run', async () => {
  const wrong: Backend = { ...webasm, unary: (kind, x) => webasm.unary(kind === 'cos' ? 'sin' : kind, x) };
  const { failures } = await conformance(wrong, {
    arithmetic: 'single',
    rowsPerKernel: 4,
    select: ({ kernel }) => kernel === 'unary cos' || kernel === 'unary sin',
  });
  assert.ok(failures.length > 0);
  assert.ok(failures.every((failure) => failure.startsWith('unary cos')));
});

test('kernels without a row in the table: ids from the device, a number where false', async () => {
  for (const { backend } of hosts) await checkOtherKernels(backend);
});

test('conformance holds on the fakes too: folded grids, queue, buffers given back', async () => {
  for (const [mode, limit] of [
    ['webgpu', 4096],
    ['webgl2', 512],
  ] as const) {
    const { library, state } = fakeLibrary(mode, limit);
    const backend = await createGpuBackend({ mode, gpu: library });
    await backend.device.settle();
    const before = state.live;
    const { failures } = await conformance(backend, { arithmetic: 'double', rowsPerKernel: 3 });
    assert.equal(failures, []);
    await backend.device.settle();
    assert.is(state.live, before, mode);
  }
});

test.after(async () => {
  for (const { backend } of hosts) await backend.stop();
});

test.run();
