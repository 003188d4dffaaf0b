/**
 * Tiles of 256 bits in a page, in a browser that has been told to make such operations: the products and what is made of them
 * against the reference, narrow and wide tiles bit for bit the same. What the backend chooses by itself stands in the figures.
 */
import * as assert from 'uvu/assert';
import { table } from '../../tensor/backends/cases.ts';
import { type Candidate, conforms } from '../../tensor/backends/compare.ts';
import { files, start } from '../engine.ts';
import type { PageCase } from '../page-case.ts';

const maximumBytes = 256 << 20;

const candidates: Candidate[] = [];
for (const deterministic of [false, true]) {
  for (const wide of [false, true]) {
    const backend = await start({ threads: wide ? 2 : 1, deterministic, wide, maximumBytes });
    candidates.push({
      name: `${backend.variant}, ${wide ? 'wide' : 'narrow'}`,
      backend,
      ...(wide ? { sameBitsAs: `${backend.variant}, narrow` } : {}),
    });
  }
}

export const cases: readonly PageCase[] = [
  {
    name: 'the backend chooses by a trial, and without the tiles to try it stays narrow',
    async run() {
      const auto = await start({ threads: 1, maximumBytes });
      const { fma, simd, plain } = files.kernels;
      const untried = await start({ threads: 1, maximumBytes, kernels: { fma, simd, plain } });
      assert.is(untried.wide, false);
      return auto.wide ? 'wide' : 'narrow: this browser makes no 256-bit operations';
    },
  },
  ...['matmul', 'softmax', 'unary exp', 'binary mul', 'adamw'].map((kernel) => ({
    name: kernel,
    async run() {
      const rows = table.filter((row) => row.kernel === kernel);
      assert.ok(rows.length > 0);
      await conforms(rows, candidates);
      return `${rows.length} rows`;
    },
  })),
];
