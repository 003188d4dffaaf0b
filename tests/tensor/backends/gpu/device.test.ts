/** The queue of a device whose every call is a promise, on a fake webgpu. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createGpuBackend } from '../../../../src/tensor/backends/gpu/index.ts';
import { fromArray, zeros } from '../../../../src/tensor/index.ts';
import { throwsLater } from '../../fixtures.ts';
import { fakeLibrary } from './fakes.ts';

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

test.run();
