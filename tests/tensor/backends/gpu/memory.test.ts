/** Device memory goes back at the end of its scope. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createGpuBackend } from '../../../../src/tensor/backends/gpu/index.ts';
import { Random, randn, scope } from '../../../../src/tensor/index.ts';

const webasm = await createGpuBackend({ mode: 'webasm' });

test('memory outside of scopes is given back by the collector, memory inside at their end', async () => {
  const { memory } = webasm.device;
  const before = memory.arrays;
  const kept = scope(() => randn([4, 4], new Random(1), { backend: webasm }).exp().mul(2));
  assert.is(memory.arrays, before + 1);
  kept.dispose();
  assert.is(memory.arrays, before);
});

test.after(() => webasm.stop());

test.run();
