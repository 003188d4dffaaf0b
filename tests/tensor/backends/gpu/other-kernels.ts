/**
 * Kernels of the gpu backend that no row of the conformance table reaches: ids that were computed on the device; and of `where`
 * and `binary` those that take numbers, of which a subset of the table reaches some. Runs in Node and in a page.
 */
import * as assert from 'uvu/assert';
import type { BinaryKind } from '../../../../src/tensor/backend.ts';
import { binaryHelpers } from '../../../../src/tensor/backends/gpu/functions.ts';
import type { GpuBackend } from '../../../../src/tensor/backends/gpu/index.ts';
import type { GpuArray } from '../../../../src/tensor/backends/gpu/memory.ts';
import { fromArray, Random, randn, reference } from '../../../../src/tensor/index.ts';
import { allClose } from '../../../all-close.ts';

export async function checkOtherKernels(backend: GpuBackend): Promise<void> {
  const x = fromArray(Float32Array.of(3.7, -1.2, 3.7, 0.5, -1.2), [1, 5], { backend });
  const { values, indices } = x.topK(3, { descending: false });
  assert.equal([...(await indices.read())], [1, 4, 3]);
  allClose(await values.read(), [-1.2, -1.2, 0.5], { absolute: 1e-6 });
  assert.equal([...(await x.to('int32').read())], [3, -1, 3, 0, -1]);
  const chosen = backend.where(x.gt(0).view, x.view, -7, x.shape, 'float32');
  allClose(await backend.device.read(chosen as GpuArray), [3.7, -7, 3.7, 0.5, -7], { absolute: 1e-6 });
  const either = backend.where(x.gt(0).view, 1.5, -7, x.shape, 'float32');
  allClose(await backend.device.read(either as GpuArray), [1.5, -7, 1.5, 1.5, -7], { absolute: 1e-6 });
  const table = randn([5, 3], new Random(1), { backend }).requireGrad();
  const ids = fromArray(Int32Array.of(1, 4, 1), [3], { backend })
    .add(0)
    .to('int32');
  table.embedding(ids).sum().backward();
  assert.equal([...(await table.grad!.read())], [0, 0, 0, 2, 2, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1]);

  const numbers = Float32Array.of(0.5, 1.5, 2.5);
  const here = fromArray(numbers, [3], { backend });
  const there = fromArray(numbers, [3], { backend: reference });
  for (const kind of Object.keys(binaryHelpers) as BinaryKind[]) {
    for (const [a, b, c, d] of [
      [here.view, 1.5, there.view, 1.5],
      [1.5, here.view, 1.5, there.view],
      [here.view, here.view, there.view, there.view],
      [1.5, 2, 1.5, 2],
    ] as const) {
      const actual = await backend.device.read(backend.binary(kind, a, b, [3], 'float32') as GpuArray);
      const expected = reference.binary(kind, c, d, [3], 'float32');
      allClose(actual, expected as Float32Array, { absolute: 1e-6, relative: 1e-5 }, kind);
    }
  }
}
