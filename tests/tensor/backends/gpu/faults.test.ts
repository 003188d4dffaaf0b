/** A lost context and a lack of memory, on a fake webgl2. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createGpuBackend } from '../../../../src/tensor/backends/gpu/index.ts';
import { zeros } from '../../../../src/tensor/index.ts';
import { throwsLater } from '../../fixtures.ts';
import { fakeLibrary } from './fakes.ts';

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

test.run();
