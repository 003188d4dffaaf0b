/** Matrix products of the wasm backend: every kernel against the reference, on every build, and products added to what is there. */
import { test } from 'uvu';
import { gemm } from '../../../../src/tensor/backends/wasm/matmul.ts';
import type { HostArray } from '../../../../src/tensor/dtype.ts';
import { reference } from '../../../../src/tensor/index.ts';
import { allClose } from '../../../close.ts';
import { place } from '../harness.ts';
import { startPlain } from './builds.ts';
import { kernelTests } from './kernel-tests.ts';

await kernelTests('matmul');

test('added to what is there: few rows, whole tiles, several blocks, and no inner length at all', async () => {
  const backend = await startPlain();
  for (const [m, k, n] of [
    [1, 5, 7],
    [3, 17, 9],
    [2, 40, 5],
    [6, 8, 8],
    [13, 300, 11],
    [4, 3, 1030],
    [5, 0, 3],
  ] as const) {
    for (const right of ['row-major', 'transposed'] as const) {
      const inputs = [{ shape: [m, k] }, { shape: [k, n], layout: right }, { shape: [m, n] }];
      const [a, b, c] = inputs.map((input, i) => place(backend, input, i)) as [Place, Place, Place];
      const [p, q, before] = inputs.map((input, i) => place(reference, input, i)) as [Place, Place, Place];
      const product = reference.matmul(p, q) as HostArray;
      const expected = (before.data as HostArray).map((x, i) => x + product[i]!) as HostArray;
      gemm(backend.device, a, b, c.data as HostArray, true);
      const tolerance = { absolute: 1e-6 * Math.max(4, k), relative: 1e-6 };
      allClose(c.data as HostArray, expected, tolerance, `${m} x ${k} x ${n} ${right}, added`);
      gemm(backend.device, a, b, c.data as HostArray, false);
      allClose(c.data as HostArray, product, tolerance, `${m} x ${k} x ${n} ${right}`);
    }
  }
  backend.stop();
});

type Place = ReturnType<typeof place>;

test.run();
