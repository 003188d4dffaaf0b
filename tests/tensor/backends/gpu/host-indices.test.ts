/** Indices that come from the host are checked like on every backend. */
import { test } from 'uvu';
import { createGpuBackend } from '../../../../src/tensor/backends/gpu/index.ts';
import { fromArray, zeros } from '../../../../src/tensor/index.ts';
import { throwsWith } from '../../fixtures.ts';

const webasm = await createGpuBackend({ mode: 'webasm' });

test('indices from the host are checked like on every backend', () => {
  const index = (...ids: number[]) => fromArray(Int32Array.from(ids), [ids.length], { backend: webasm });
  const table = zeros([3, 4], { backend: webasm });
  throwsWith(() => table.embedding(index(0, 5)), 'embedding: index 5 is outside an axis of length 3');
  throwsWith(
    () => table.crossEntropy(index(0, 4, 9)),
    'target 4 in row 1 is not a class, there are 4 classes',
  );
});

test.after(() => webasm.stop());

test.run();
