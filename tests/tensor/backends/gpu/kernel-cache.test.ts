/** A kernel that gpu.js would silently run slowly is an error. */
import { test } from 'uvu';
import { createGpuBackend } from '../../../../src/tensor/backends/gpu/index.ts';
import { zeros } from '../../../../src/tensor/index.ts';
import { throwsLater } from '../../fixtures.ts';
import { fakeLibrary } from './fakes.ts';

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

test.run();
