/**
 * The conformance suite of the wasm backend as a whole: it covers every kernel (each is run by the file it belongs to) and can
 * fail; the same bits from run to run; error sentences and gradients like the reference's.
 */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HostArray } from '../../../../src/tensor/dtype.ts';
import { reference } from '../../../../src/tensor/index.ts';
import { allClose } from '../../../close.ts';
import { table } from '../cases.ts';
import { compare } from '../compare.ts';
import { gradientCases, gradientsOf } from '../gradients.ts';
import { compute, place, sameBits } from '../harness.ts';
import { startBuilds } from './builds.ts';
import { kernelsOf } from './kernel-tests.ts';

const { builds, plain, all, stop } = await startBuilds();
const wasm = builds[0]!.two;

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

test('the deterministic build is the portable one, and without shared memory there is one thread', () => {
  assert.is(builds[1]!.one.variant, 'simd');
  assert.is(plain.threads, 1);
  assert.not.instance(plain.device.memory.memory.buffer, SharedArrayBuffer);
});

test.after(stop);

test.run();
