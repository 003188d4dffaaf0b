/**
 * The conformance suite in a page: every kernel of the wasm backend against the reference, one case a kernel.
 *
 * Under cross-origin isolation on both shared builds with 1 and 2 threads, which must agree bit for bit; without it on the plain
 * build.
 */
import { reference } from '../../../src/tensor/index.ts';
import { allClose } from '../../all-close.ts';
import { table } from '../../tensor/backends/cases.ts';
import { type Candidate, conforms } from '../../tensor/backends/compare.ts';
import { gradientCases, gradientsOf } from '../../tensor/backends/gradients.ts';
import { kernelCases } from '../backend-cases.ts';
import { start } from '../engine.ts';
import type { PageCase } from '../page-case.ts';

const maximumBytes = 256 << 20;
const settings = crossOriginIsolated
  ? [
      { threads: 1 },
      { threads: 2, sameBits: true },
      { threads: 1, deterministic: true },
      { threads: 2, deterministic: true, sameBits: true },
    ]
  : [{ threads: 1 }];

const candidates: Candidate[] = [];
for (const { sameBits = false, ...options } of settings) {
  const backend = await start({ ...options, maximumBytes });
  const { memory } = backend.device;
  candidates.push({
    name: `${backend.variant}, ${backend.threads} threads`,
    backend,
    ...(sameBits ? { sameBitsAs: `${backend.variant}, 1 threads` } : {}),
    usedBytes: () => memory.usedBytes,
  });
}

export const cases: readonly PageCase[] = [
  { name: 'candidates', run: () => candidates.map(({ name }) => name).join('; ') },
  ...kernelCases(candidates),
  {
    name: 'the comparison catches a wrong kernel, other bits and kept memory',
    async run() {
      const { backend } = candidates[0]!; // there is always one
      const rows = table.filter(({ kernel, name }) => kernel === 'unary exp' && name === '[7] row-major');
      const wrong: Candidate = {
        name: 'wrong',
        backend: { ...backend, unary: (kind, x) => backend.unary(kind === 'exp' ? 'sigmoid' : kind, x) },
      };
      const other: Candidate = {
        name: 'other',
        backend: { ...backend, unary: (_, x) => reference.unary('exp', x) },
      };
      let count = 0;
      const caught = async (list: Candidate[], pattern: RegExp) => {
        const message = await conforms(rows, list).then(
          () => 'nothing',
          (error: Error) => error.message,
        );
        if (!pattern.test(message)) throw new Error(`expected ${pattern}, got: ${message}`);
      };
      await caught([wrong], /^unary exp: \[7\] row-major on wrong: element 0 is /);
      await caught([{ ...candidates[0]!, usedBytes: () => count++ }], /1 bytes in use afterwards, 0 before/);
      if (rows.length !== 1) throw new Error(`${rows.length} rows`);
      await caught([candidates[0]!, { ...other, sameBitsAs: candidates[0]!.name }], /other bits than/);
      return undefined;
    },
  },
  {
    name: 'gradients of compositions agree with float64 on the reference',
    run() {
      for (const { name, inputs, fn } of gradientCases) {
        const expected = gradientsOf(reference, 'float64', inputs, fn);
        for (const { name: on, backend } of candidates) {
          for (const [i, values] of gradientsOf(backend, 'float32', inputs, fn).entries())
            allClose(values, expected[i]!, { absolute: 1e-4, relative: 1e-4 }, `${name}, ${i}, on ${on}`);
        }
      }
      return `${gradientCases.length} compositions`;
    },
  },
];
