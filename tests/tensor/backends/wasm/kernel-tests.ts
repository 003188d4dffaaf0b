/**
 * The kernels of each file of src/tensor/backends/wasm against the reference: every row of the tables, on every build, the same
 * bits for any number of threads, nothing written outside of the result, and all memory given back.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { WasmBackend } from '../../../../src/tensor/backends/wasm/index.ts';
import { CONTROL_ADDRESS } from '../../../../src/tensor/backends/wasm/memory.ts';
import type { HostArray } from '../../../../src/tensor/dtype.ts';
import { reference } from '../../../../src/tensor/index.ts';
import { sameNumbers } from '../../../all-close.ts';
import { table } from '../cases.ts';
import { compare } from '../compare.ts';
import { edges } from '../edges/index.ts';
import { compute, type Row, sameBits } from '../harness.ts';
import { fenced, startBuilds } from './builds.ts';

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
  await rowTests([...table, ...edges].filter(({ kernel }) => kernelsOf[file].test(kernel)));
}

/** One test per kernel of these rows. */
export async function rowTests(rows: readonly Row[]): Promise<void> {
  const { builds, plain, all, stop } = await startBuilds();
  fenced(plain);
  const tables = all.map(ownData);
  for (const kernel of new Set(rows.map((row) => row.kernel))) {
    test(kernel, () => {
      for (const row of rows) {
        if (row.kernel !== kernel) continue;
        const expected = compute(reference, row);
        const before = all.map(({ device }) => device.memory.usedBytes);
        let portable: HostArray[] = [];
        for (const { one, several } of builds) {
          portable = compute(one, row);
          compare(row, portable, expected, `${one.variant}, 1 thread`);
          for (const [i, values] of compute(several, row).entries()) {
            assert.ok(
              sameBits(values, portable[i]!),
              `${row.kernel}: ${row.name}: ${several.threads} threads give other bits`,
            );
          }
        }
        const where = `${row.kernel}: ${row.name}: plain`;
        const plainly = within(where, () => compute(plain, row));
        for (const [i, values] of plainly.entries()) {
          assert.ok(sameBits(values, portable[i]!), `${where} gives other bits than simd`);
        }
        const after = all.map(({ device }) => device.memory.usedBytes);
        assert.equal(after, before, `${row.kernel}: ${row.name}: memory was not given back`);
      }
    });
  }
  test("nothing is written into the kernels' own data", () => {
    for (const [i, backend] of all.entries()) sameNumbers(ownData(backend), tables[i]!, backend.variant);
  });
  test.after(stop);
}

/** A copy of what lies before the memory of the tensors: tables of the compiler's library, read by pow, sin and cos. */
function ownData({ device }: WasmBackend): Uint8Array {
  return new Uint8Array(device.memory.memory.buffer, 0, CONTROL_ADDRESS).slice();
}

/** Errors say where they come from. */
function within<T>(where: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`);
  }
}
