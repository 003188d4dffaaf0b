/** The largest tensor of each mode: folded where it can be, a sentence where it cannot. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createGpuBackend } from '../../../../src/tensor/backends/gpu/index.ts';
import { fromArray, Random, randn, zeros } from '../../../../src/tensor/index.ts';
import { allClose } from '../../../close.ts';
import { throwsWith } from '../../fixtures.ts';
import { fakeLibrary } from './fakes.ts';

const [cpu, webasm] = [await createGpuBackend({ mode: 'cpu' }), await createGpuBackend({ mode: 'webasm' })];

test('a tensor beyond 2^24 elements, which kernels cannot address exactly, is a sentence (not in mode cpu)', () => {
  throwsWith(
    () => zeros([2 ** 12 + 1, 2 ** 12], { backend: webasm }),
    `${2 ** 24} that a kernel`,
    '--backend wasm',
  );
  const large = zeros([2 ** 12 + 1, 2 ** 12], { backend: cpu });
  assert.is(large.size, 2 ** 24 + 2 ** 12);
  large.dispose();
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

test('webgpu: a tensor over the buffer limit is a sentence', async () => {
  const backend = await createGpuBackend({ mode: 'webgpu', gpu: fakeLibrary('webgpu').library });
  throwsWith(
    () => zeros([1001, 1000], { backend }),
    '1001000 numbers',
    'a buffer of 1000000 numbers',
    '--backend wasm',
  );
});

test.after(async () => {
  await cpu.stop();
  await webasm.stop();
});

test.run();
