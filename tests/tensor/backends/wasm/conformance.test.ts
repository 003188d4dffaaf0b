/**
 * The conformance suite of the wasm backend as a whole: it covers every kernel (each is run by the file it belongs to) and every
 * block size, and can fail; the same bits from run to run; error sentences and gradients like the reference's.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { kernelPath } from '../../../../src/platform/build-kernels.ts';
import type { HostArray } from '../../../../src/tensor/dtype.ts';
import { reference } from '../../../../src/tensor/index.ts';
import { allClose, sameNumbers } from '../../../close.ts';
import { table } from '../cases.ts';
import { compare } from '../compare.ts';
import { allRows as commonRows } from '../conformance.ts';
import { decodingTable } from '../decoding-cases.ts';
import { blocks } from '../edges/sizes.ts';
import { gradientCases, gradientsOf } from '../gradients.ts';
import { compute, place, sameBits } from '../harness.ts';
import { fenced, startBuilds, startPlain } from './builds.ts';
import { kernelsOf } from './kernel-tests.ts';

const allRows = [...commonRows, ...decodingTable];
const { builds, plain, all, stop } = await startBuilds();
const wasm = builds[0]!.several;

test('every kernel of the table is run by the file it belongs to', () => {
  for (const kernel of new Set(table.map((row) => row.kernel))) {
    const files = Object.entries(kernelsOf).filter(([, pattern]) => pattern.test(kernel));
    assert.is(files.length, 1, kernel);
    const source = readFileSync(new URL(`${files[0]![0]}.test.ts`, import.meta.url), 'utf8');
    assert.ok(source.includes(`kernelTests('${files[0]![0]}')`), kernel);
  }
});

test('the table covers every kernel of the interface', () => {
  const tested = new Set(table.flatMap((row) => row.kernel.split(' ')));
  const memory = ['name', 'supports', 'allocate', 'upload', 'read', 'readSync', 'release', 'fused'];
  const missing = Object.keys(reference).filter((name) => !tested.has(name) && !memory.includes(name));
  assert.equal(missing, []);
});

const folder = new URL('../../../../src/tensor/backends/wasm/', import.meta.url);

test('every block size in the source has rows around it (edges/sizes.ts)', () => {
  const found: Record<string, number> = {};
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || /^(memory|pool|width)\.ts$/.test(file)) continue; // have tests of their own
    const source = readFileSync(new URL(file, folder), 'utf8');
    for (const [, name, value] of source.matchAll(/^(?:export )?const ([A-Z_]+)(?:: i32)? = ([\d <]+);/gm)) {
      const [base, shift = '0'] = value!.split('<<');
      found[`${file} ${name}`] = Number(base) << Number(shift);
    }
  }
  const codes = /^(device\.ts (BITS|TO_FLOAT|TO_INT)|reduce\.ts SUM|optimizer\.ts WORDS)$/; // no sizes of blocks
  const sizes = Object.entries(found).filter(([name]) => !codes.test(name));
  assert.equal(Object.fromEntries(sizes.sort()), Object.fromEntries(Object.entries(blocks).sort()));
});

test('the rows reach every kernel of the module', () => {
  const reached = new Set<string>();
  const { pool } = plain.device;
  const { run } = pool;
  pool.run = (name, ...rest) => {
    reached.add(name);
    run.call(pool, name, ...rest);
  };
  for (const kernel of new Set(allRows.map((row) => row.kernel))) {
    const rows = allRows.filter((row) => row.kernel === kernel && row.forThreads !== true);
    for (const row of rows.filter(({ name }, i) => i % 25 === 3 || /^\[\d/.test(name))) {
      compute(plain, row);
    }
  }
  pool.run = run;
  const kernels = WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(kernelPath('plain'))))
    // A measurement of bench/, and two answers for the caller.
    .filter(({ kind, name }) => kind === 'function' && !/^ceiling|OfTile$/.test(name))
    .map(({ name }) => name);
  assert.ok(kernels.length > 25);
  assert.equal(
    kernels.filter((name) => !reached.has(name)),
    [],
  );
});

test('control: a number written beside the result, or left out, is found', async () => {
  const backend = await startPlain();
  const undo = fenced(backend);
  const write = (before: number, count: number) => {
    const words = backend.device.allocate('int32', 5);
    backend.device.run('fillWords', count, 1, [words.byteOffset - 4 * before, 7]);
    const values = [...words];
    backend.release(words);
    return values;
  };
  assert.equal(write(0, 5), [7, 7, 7, 7, 7]);
  assert.throws(() => write(0, 6), /written 1 numbers after an array of 5/);
  assert.throws(() => write(1, 6), /written 1 numbers before an array of 5/);
  assert.is.not(write(0, 4)[4], 0);
  undo();
  assert.is(backend.device.memory.usedBytes, 0);
  backend.stop();
});

test('a wrong kernel is caught', () => {
  const row = table.find(({ kernel, name }) => kernel === 'unary exp' && name.startsWith('[7]'))!;
  const right = compute(reference, row);
  assert.throws(() => compare(row, [right[0]!.map((x) => x * (1 + 1e-6)) as HostArray], right, 'purpose'));
});

test('the same bits from run to run', () => {
  for (const row of table.filter((_, i) => i % 37 === 0)) {
    const first = compute(wasm, row);
    for (const [i, values] of compute(wasm, row).entries()) assert.ok(sameBits(values, first[i]!), row.name);
  }
});

test('errors say the same as the reference', () => {
  for (const backend of [reference, ...all]) {
    const float = place(backend, { shape: [3, 4] }, 1);
    const index = (...values: number[]) =>
      place(backend, { shape: [values.length], dtype: 'int32', values }, 1);
    const outside = /^embedding: index (5|-1) is outside an axis of length 3$/;
    const sentence = (pattern: RegExp) => (error: Error) =>
      error instanceof RangeError && pattern.test(error.message);
    assert.throws(() => backend.gatherRows(float, index(0, 5)), sentence(outside));
    assert.throws(() => backend.gatherRows(float, index(-1)), sentence(outside));
    assert.throws(() => backend.scatterAddRows(3, index(0, 1, 5), float), sentence(outside));
    assert.throws(
      () => backend.crossEntropy(float, index(0, 4, 9), -100),
      sentence(/^crossEntropy: target 4 in row 1 is not a class, there are 4 classes$/),
    );
    assert.throws(
      () => backend.crossEntropy(float, index(0, -100, -1), -100),
      sentence(/^crossEntropy: target -1 in row 2 is not a class, there are 4 classes$/),
    );
  }
});

test('an index is checked where the kernel reads it: up to the last, at any stride, in the last part', () => {
  const rows = 600; // more than two parts of the fused loss
  for (const backend of [reference, ...all]) {
    const float = place(backend, { shape: [rows, 4], range: [-1, 1] }, 1);
    const weight = place(backend, { shape: [4, 4] }, 2);
    for (const layout of ['row-major', 'every second', 'reversed', 'sliced'] as const) {
      for (const [at, id, wrong] of [
        [0, 4, true],
        [rows - 1, 4, true],
        [rows - 1, -1, true],
        [300, 1e6, true],
        [rows - 1, 3, false],
        [0, 0, false],
      ] as const) {
        // Filled afterwards, so that what lies between the elements of the view is out of range and does not matter.
        const ids = place(backend, { shape: [rows], dtype: 'int32', layout, values: [1] }, 1);
        const step = ids.stride[0]!; // it has one axis
        const words = ids.data as Int32Array;
        words.fill(-7);
        for (let i = 0; i < rows; i++) words[ids.offset + i * step] = i === at ? id : i % 4;
        const kernels: (() => unknown)[] = [
          () => backend.gatherRows(weight, ids),
          () => backend.scatterAddRows(4, ids, float),
          () => backend.crossEntropy(float, ids, -100),
          ...(backend.fused === undefined
            ? []
            : [() => backend.fused?.linearCrossEntropy(float, weight, ids, -100)]),
        ];
        for (const [k, run] of kernels.entries()) {
          const what = `${backend.name}, kernel ${k}, ${layout}: ${id} at ${at}`;
          if (wrong) assert.throws(run, (error: Error) => error.message.includes(` ${id} `), what);
          else assert.not.throws(run, what);
        }
      }
    }
  }
});

for (const { name, inputs, fn } of gradientCases) {
  test(`float32 gradients on wasm agree with float64 on the reference: ${name}`, () => {
    const expected = gradientsOf(reference, 'float64', inputs, fn);
    for (const backend of [wasm, builds[1]!.one, plain]) {
      gradientsOf(backend, 'float32', inputs, fn).forEach((values, i) => {
        allClose(values, expected[i]!, { absolute: 1e-4, relative: 1e-4 }, `${name}, ${i}`);
      });
    }
  });
}

test('float64 on wasm is the reference, bit for bit: no kernel takes it for float32', () => {
  for (const { name, inputs, fn } of gradientCases) {
    const expected = gradientsOf(reference, 'float64', inputs, fn);
    gradientsOf(plain, 'float64', inputs, fn).forEach((values, i) => {
      sameNumbers(values, expected[i]!, `${name}, ${i}`);
    });
  }
});

test('the deterministic build is the portable one, and without shared memory there is one thread', () => {
  assert.is(builds[1]!.one.variant, 'simd');
  assert.is(plain.threads, 1);
  assert.not.instance(plain.device.memory.memory.buffer, SharedArrayBuffer);
});

test.after(stop);

test.run();
