/**
 * The gpu backend where there is no GPU: gpu.js's modes cpu and webasm against the reference, and the manners of webgpu and webgl2 (queue,
 * folded grids, limits) on fakes. The real ones run in a page with the same conformance.ts.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Backend } from '../../src/tensor/backend.ts';
import { createGpuBackend, type GpuBackend } from '../../src/tensor/backends/gpu/index.ts';
import { allKernels } from '../../src/tensor/backends/gpu/kernel.ts';
import { fromArray, Random, randn, scope, zeros } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { type Arithmetic, conformance } from './conformance.ts';
import { throwsWith } from './fixtures.ts';
import { fakeLibrary } from './gpu-fakes.ts';
import { checkOtherKernels } from './gpu-other-kernels.ts';
import { faults } from './gpu-source-rules.ts';

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
    // Both have a row of their own below.
    assert.equal(
      missing.map(({ name }) => name).sort(),
      ['rank of smallest', 'scatterAddRows by search', 'where or number'].sort(),
    );
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

test('kernels without a row in the table: smallest of topK, ids from the device, a number where false', async () => {
  for (const { backend } of hosts) await checkOtherKernels(backend);
});

test('the texts of all kernels keep to what gpu.js can compile', () => {
  const texts = allKernels.flatMap((kernel) => [
    { name: kernel.name, text: kernel.source.toString() },
    ...kernel.helpers.map(({ name, source }) => ({
      name: `${kernel.name}/${name}`,
      text: source.toString(),
    })),
  ]);
  assert.ok(texts.length > 90, `${texts.length} texts`);
  assert.equal(
    texts.flatMap(({ name, text }) => faults(text).map((fault) => `${name}: ${fault}`)),
    [],
  );
});

test('control: each forbidden thing is found', () => {
  const body = (text: string) => faults(`function f(a, n) { ${text} }`).join();
  assert.match(body('__name(g, "g"); return 1;'), /__name/);
  assert.match(body('const g = (x) => x; return g(n);'), /inner function/);
  assert.match(body('function g() { return 1; } return g();'), /inner function/);
  assert.match(body('let s = 0; for (let i = 0; i < n; i++) { s += a[i]; } return s;'), /bounded by n/);
  assert.match(body('let i = 0; while (i < 3) { i += 1; } return i;'), /while/);
  assert.match(body('return Infinity;'), /Infinity/);
  assert.match(body('return outside + 1;'), /outside/);
  assert.is(body('let s = 0; for (let i = 0; i < this.constants.n; i++) { s += a[i]; } return s;'), '');
});

test('a degraded kernel is an error that names the kernel and the reason', async () => {
  const { library, state } = fakeLibrary('webgl2');
  const backend = await createGpuBackend({ mode: 'webgl2', gpu: library });
  const x = zeros([3], { backend });
  state.fallbackReason = 'float textures are missing';
  await throwsLater(
    async () => void (await x.exp().read()),
    'unary exp',
    'webgl2',
    'cpu',
    'float textures are missing',
  );
});

test('a mode that does not exist here is refused with a sentence', async () => {
  await throwsLater(() => createGpuBackend({ mode: 'webgl2' }), 'mode webgl2 does not start here');
  await throwsLater(() => createGpuBackend({ mode: 'webgpu' }), 'mode webgpu does not start here');
});

test('float64, synchronous reads, and whole numbers beyond 2^24 are refused with a sentence', () => {
  throwsWith(() => zeros([2], { backend: webasm, dtype: 'float64' }), 'float32 only', '--backend reference');
  throwsWith(() => fromArray(Float64Array.of(1), [1], { backend: webasm }), 'float32 only');
  const x = zeros([2], { backend: webasm });
  throwsWith(() => x.toArray(), 'gpu', 'await tensor.read()');
  throwsWith(() => fromArray(Int32Array.of(2 ** 25), [1], { backend: webasm }), `${2 ** 25}`, `${2 ** 24}`);
  throwsWith(() => x.to('float64'), 'float32 only');
  assert.not(webasm.supports('float64'));
});

test('a tensor beyond 2^24 elements, which kernels cannot address exactly, is a sentence (not in mode cpu)', () => {
  throwsWith(
    () => zeros([2 ** 12 + 1, 2 ** 12], { backend: webasm }),
    `${2 ** 24} that a kernel`,
    '--backend wasm',
  );
  const large = zeros([2 ** 12 + 1, 2 ** 12], { backend: hosts[0]!.backend });
  assert.is(large.size, 2 ** 24 + 2 ** 12);
  large.dispose();
});

test('indices from the host are checked like on every backend', () => {
  const index = (...ids: number[]) => fromArray(Int32Array.from(ids), [ids.length], { backend: webasm });
  const table = zeros([3, 4], { backend: webasm });
  throwsWith(() => table.embedding(index(0, 5)), 'embedding: index 5 is outside an axis of length 3');
  throwsWith(() => table.crossEntropy(index(0, 4, 9)), 'target 4 in row 1 is no class, there are 4 classes');
});

test('webgl2: a grid beyond the texture limit is folded, a tensor beyond it is a sentence', async () => {
  const { library, state } = fakeLibrary('webgl2', 64);
  const backend = await createGpuBackend({ mode: 'webgl2', gpu: library });
  const [a, b] = [randn([70, 5], new Random(1)), randn([5, 3], new Random(2))];
  const there = fromArray(a.toArray(), [70, 5], { backend }).matmul(
    fromArray(b.toArray(), [5, 3], { backend }),
  );
  assert.equal(state.outputs.at(-1), [3, 1, 70]);
  allClose(await there.read(), a.matmul(b).toArray(), { absolute: 1e-6 });
  throwsWith(() => zeros([70, 70], { backend }), '4900 numbers', '64 x 64', '--batch-size', '--backend wasm');
});

test('webgl2: a lost context and a lack of memory are a sentence, at this read and at all later ones', async () => {
  const lost = ['was taken away', 'last checkpoint is intact', '--batch-size', '--backend wasm'];
  const full = ['no memory left (tensors have 1 MB', '--batch-size', '--backend wasm'];
  for (const [trouble, ...parts] of [
    [{ lost: true }, ...lost],
    [{ errors: [0x9242] }, ...lost],
    [{ errors: [0x0505] }, ...full],
    [{ errors: [0x0502] }, 'WebGL reports the error 0x502'],
  ] as const) {
    const { library, state } = fakeLibrary('webgl2');
    const backend = await createGpuBackend({ mode: 'webgl2', gpu: library });
    const before = state.live;
    const x = zeros([3], { backend });
    Object.assign(state, trouble);
    await throwsLater(() => x.read(), ...parts);
    await throwsLater(() => x.read(), ...parts);
    x.dispose();
    assert.equal([state.live, backend.device.memory.arrays], [before, 0]);
  }
});

test('webgpu: commands run in their order although every call is a promise', async () => {
  const { library, state } = fakeLibrary('webgpu');
  const backend = await createGpuBackend({ mode: 'webgpu', gpu: library });
  await backend.device.settle();
  const before = state.live;
  const x = fromArray(Float32Array.of(1, 2, 3), [3], { backend });
  const doubled = x.mul(2);
  x.slice(0, 0, 2).assign(doubled.slice(0, 1)); // reads 4, 6 before the next line changes them
  backend.fill(doubled.view, 9);
  const early = x.read();
  x.assign(x.mul(10));
  const late = x.read();
  doubled.dispose();
  assert.equal([...(await early)], [4, 6, 3]);
  assert.equal([...(await late)], [40, 60, 30]);
  x.dispose();
  await backend.device.settle();
  assert.is(state.live, before + 1); // the product that was assigned, which nobody scoped
});

test('webgpu: an error in the queue comes out of the next read, and nothing runs after it', async () => {
  const { library, state } = fakeLibrary('webgpu');
  const backend = await createGpuBackend({ mode: 'webgpu', gpu: library });
  const x = zeros([4], { backend });
  let calls = 0;
  state.onCall = () => {
    calls++;
    throw new Error('the device was lost');
  };
  const y = x.exp().log().sqrt();
  await throwsLater(() => y.read(), 'the device was lost');
  assert.is(calls, 1);
});

test('webgpu: a tensor over the buffer limit is a sentence', async () => {
  const backend = await createGpuBackend({ mode: 'webgpu', gpu: fakeLibrary('webgpu').library });
  throwsWith(
    () => zeros([1001, 1000], { backend }),
    '1001000 numbers',
    'a buffer of 1000000 numbers',
    '--backend wasm',
  );
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

test('memory outside of scopes is given back by the collector, memory inside at their end', async () => {
  const { memory } = webasm.device;
  const before = memory.arrays;
  const kept = scope(() => randn([4, 4], new Random(1), { backend: webasm }).exp().mul(2));
  assert.is(memory.arrays, before + 1);
  kept.dispose();
  assert.is(memory.arrays, before);
});

async function throwsLater(fn: () => Promise<unknown>, ...parts: string[]): Promise<void> {
  let message = '';
  try {
    await fn();
  } catch (error) {
    ({ message } = error as Error);
  }
  for (const part of parts) assert.ok(message.includes(part), `"${message}" does not say "${part}"`);
}

test.after(async () => {
  for (const { backend } of hosts) await backend.stop();
});

test.run();
