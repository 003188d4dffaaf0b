/**
 * The kernels of each file of src/tensor/backends/wasm against the reference: every row of the tables, on every build, the same
 * bits for any number of threads, and all memory given back.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HostArray } from '../../../../src/tensor/dtype.ts';
import { reference } from '../../../../src/tensor/index.ts';
import { table } from '../cases.ts';
import { compare } from '../compare.ts';
import { compute, type Row, sameBits } from '../harness.ts';
import { startBuilds } from './builds.ts';

/** Which kernels of the table a file holds. */
export const kernelsOf = {
  device: /^(copy|assign|fill)$/,
  elementwise: /^(unary|binary|where)/,
  reduce: /^(reduce|argmax|cumsum|topK)/,
  softmax: /^(softmax|logSoftmax|crossEntropy)/,
  indexing: /^(gather|scatterAdd)/,
  matmul: /^matmul/,
  optimizer: /^(adamw|sumOfSquares)/,
} as const satisfies Record<string, RegExp>;

/** One test per kernel of the file. */
export async function kernelTests(file: keyof typeof kernelsOf): Promise<void> {
  await rowTests(table.filter(({ kernel }) => kernelsOf[file].test(kernel)));
}

/** One test per kernel of these rows. */
export async function rowTests(rows: readonly Row[]): Promise<void> {
  const { builds, plain, all, stop } = await startBuilds();
  for (const kernel of new Set(rows.map((row) => row.kernel))) {
    test(kernel, () => {
      for (const row of rows) {
        if (row.kernel !== kernel) continue;
        const expected = compute(reference, row);
        const before = all.map(({ device }) => device.memory.usedBytes);
        let portable: HostArray[] = [];
        for (const { one, two } of builds) {
          portable = compute(one, row);
          compare(row, portable, expected, `${one.variant}, 1 thread`);
          for (const [i, values] of compute(two, row).entries()) {
            assert.ok(
              sameBits(values, portable[i]!),
              `${row.kernel}: ${row.name}: 2 threads give other bits`,
            );
          }
        }
        for (const [i, values] of compute(plain, row).entries()) {
          const what = `${row.kernel}: ${row.name}: plain gives other bits than simd`;
          assert.ok(sameBits(values, portable[i]!), what);
        }
        const after = all.map(({ device }) => device.memory.usedBytes);
        assert.equal(after, before, `${row.kernel}: ${row.name}: memory was not given back`);
      }
    });
  }
  test.after(stop);
}
