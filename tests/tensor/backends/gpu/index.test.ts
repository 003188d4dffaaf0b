/** What the gpu backend refuses, each time with a sentence: modes that are not there, float64, synchronous reads. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createGpuBackend } from '../../../../src/tensor/backends/gpu/index.ts';
import { fromArray, zeros } from '../../../../src/tensor/index.ts';
import { throwsLater, throwsWith } from '../../fixtures.ts';

const webasm = await createGpuBackend({ mode: 'webasm' });

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

test.after(() => webasm.stop());

test.run();
