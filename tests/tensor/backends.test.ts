/**
 * The conformance suite: every kernel of the fast backends against the reference, over shapes, layouts and special numbers (rows in
 * backends-cases.ts); the same bits for any number of threads and from run to run; equal error sentences; memory and the worker pool.
 */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildKernels, isStale, kernelPath } from '../../src/platform/build-kernels.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import { createWasmBackend } from '../../src/tensor/backends/wasm/index.ts';
import { blockBytes } from '../../src/tensor/backends/wasm/memory.ts';
import type { HostArray } from '../../src/tensor/dtype.ts';
import { fromArray, Random, randn, reference, scope, withDefaults } from '../../src/tensor/index.ts';
import { viewOf } from '../../src/tensor/view.ts';
import { allClose } from '../close.ts';
import { table } from './backends-cases.ts';
import { compare } from './backends-compare.ts';
import { gradientCases, gradientsOf } from './backends-gradients.ts';
import { compute, place, sameBits } from './backends-harness.ts';
import { throwsWith } from './fixtures.ts';

if (isStale()) await buildKernels();
const maximumBytes = 256 << 20;
const builds = await Promise.all(
  [false, true].map(async (deterministic) => ({
    one: await startWasmBackend({ threads: 1, deterministic, maximumBytes }),
    two: await startWasmBackend({ threads: 2, deterministic, maximumBytes }),
  })),
);
const wasm = builds[0]!.two;
/** What a page without cross-origin isolation gets: one thread on a memory of its own. */
const plain = await createWasmBackend({
  module: new WebAssembly.Module(readFileSync(kernelPath('plain'))),
  variant: 'plain',
  threads: 2, // more than one thread there cannot be
  shared: false,
  maximumBytes,
});
const all = [...builds.flatMap(({ one, two }) => [one, two]), plain];

for (const kernel of new Set(table.map((row) => row.kernel))) {
  test(kernel, () => {
    for (const row of table) {
      if (row.kernel !== kernel) continue;
      const expected = compute(reference, row);
      const before = all.map(({ device }) => device.memory.usedBytes);
      let single: HostArray[] = [];
      for (const { one, two } of builds) {
        single = compute(one, row);
        compare(row, single, expected, `${one.variant}, 1 thread`);
        for (const [i, values] of compute(two, row).entries()) {
          assert.ok(sameBits(values, single[i]!), `${row.kernel}: ${row.name}: 2 threads give other bits`);
        }
      }
      for (const [i, values] of compute(plain, row).entries()) {
        const what = `${row.kernel}: ${row.name}: plain gives other bits than simd`;
        assert.ok(sameBits(values, single[i]!), what);
      }
      const after = all.map(({ device }) => device.memory.usedBytes);
      assert.equal(after, before, `${row.kernel}: ${row.name}: memory was not given back`);
    }
  });
}

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
      sentence(/^crossEntropy: target 4 in row 1 is no class, there are 4 classes$/),
    );
    assert.throws(
      () => backend.crossEntropy(float, index(0, -100, -1), -100),
      sentence(/^crossEntropy: target -1 in row 2 is no class, there are 4 classes$/),
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

test('blockBytes: whole cache lines, at most a quarter larger than asked for, and idempotent', () => {
  assert.equal([0, 1, 64, 65, 128, 129].map(blockBytes), [64, 64, 64, 128, 128, 192]);
  let last = 0;
  for (let bytes = 1; bytes < 1e6; bytes += 1 + (bytes >> 6)) {
    const block = blockBytes(bytes);
    assert.ok(block >= bytes && block % 64 === 0 && block >= last, `${bytes}: ${block}`);
    assert.ok(bytes < 256 || block <= 1.26 * bytes, `${bytes}: ${block}`);
    assert.is(blockBytes(block), block);
    last = block;
  }
});

test('released memory is used again', () => {
  const { memory } = wasm.device;
  const first = memory.allocate('float32', 1000);
  const address = first.byteOffset;
  assert.is(address % 64, 0);
  wasm.release(first);
  const second = memory.allocate('int32', 990); // of the same size class
  assert.is(second.byteOffset, address);
  wasm.release(second);
});

test('new memory holds zeros, also where something else was before', () => {
  for (const dtype of ['float32', 'int32', 'float64'] as const) {
    const dirty = wasm.allocate(dtype, 40000) as HostArray;
    assert.ok(dirty.every((x) => x === 0));
    dirty.fill(7);
    wasm.release(dirty);
    const clean = wasm.allocate(dtype, 40000) as HostArray;
    assert.ok(clean.every((x) => x === 0));
    wasm.release(clean);
  }
});

test('a thousand steps run in constant memory', () =>
  withDefaults({ backend: wasm }, () => {
    const random = new Random(1);
    const weight = randn([16, 16], random).requireGrad().keep();
    const step = () =>
      scope(() => {
        const x = randn([8, 16], random);
        const y = x.matmul(weight).silu().softmax(-1).add(x.sum(0)).transpose().contiguous();
        y.square().mean().backward();
        weight.grad!.dispose();
        weight.grad = null;
      });
    step();
    const { memory } = wasm.device;
    const [used, size] = [memory.usedBytes, memory.memory.buffer.byteLength];
    for (let i = 0; i < 1000; i++) step();
    assert.is(memory.usedBytes, used);
    assert.is(memory.memory.buffer.byteLength, size);
    wasm.release(weight.data);
  }));

test('arrays of others, shared or not, are copied in', () => {
  const values = [1, 2, 3, 4];
  const others = [Float32Array.from(values), new Float32Array(new SharedArrayBuffer(1 << 17), 65536, 4)];
  others[1]!.set(values);
  const foreign = builds[1]!.one.upload(Float32Array.from(values)) as HostArray; // in the memory of another backend
  for (const backend of [wasm, plain]) {
    for (const other of [...others, foreign]) {
      assert.not.ok(backend.device.memory.owns(other));
      const own = backend.upload(other) as HostArray;
      assert.ok(backend.device.memory.owns(own));
      assert.equal([...own], values);
      backend.release(own);
    }
  }
  builds[1]!.one.release(foreign);
});

test('a page without isolation has no SharedArrayBuffer: nothing asks for it', () => {
  const { SharedArrayBuffer: there } = globalThis;
  Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
  try {
    const own = plain.upload(Float32Array.of(1, 2, 3)) as HostArray;
    assert.equal([...own], [1, 2, 3]);
    plain.release(own);
  } finally {
    globalThis.SharedArrayBuffer = there;
  }
});

test('arrays made before the memory grew stay its own', async () => {
  const growing = await startWasmBackend({ threads: 1, maximumBytes: 64 << 20 });
  const early = growing.upload(Float32Array.of(1, 2, 3)) as HostArray;
  const { buffer } = growing.device.memory.memory;
  const large = growing.allocate('float32', 4 << 20);
  assert.is.not(growing.device.memory.memory.buffer, buffer);
  assert.ok(growing.device.memory.owns(early));
  const product = growing.binary('mul', viewOf(early, [3]), 2, [3], 'float32') as HostArray;
  assert.equal([...product], [2, 4, 6]);
  for (const data of [early, large, product]) growing.release(data);
  assert.is(growing.device.memory.usedBytes, 0);
});

test('running out of memory is a sentence, and the backend goes on', async () => {
  const small = await startWasmBackend({ threads: 1, maximumBytes: 16 << 20 });
  const blocks: HostArray[] = [];
  throwsWith(
    () => {
      for (;;) blocks.push(small.device.memory.allocate('float32', 1 << 18));
    },
    'no memory for 262144 more numbers',
    'of at most 17 MB',
    '--batch-size',
  );
  assert.ok(blocks.length > 5);
  for (const block of blocks) small.release(block);
  assert.is(small.device.memory.usedBytes, 0);
  withDefaults({ backend: small }, () =>
    assert.is(
      fromArray(Float32Array.of(1, 2, 3), [3])
        .sum()
        .item(),
      6,
    ),
  );
  small.stop();
});

test('a kernel that traps throws, in whichever thread, and the pool goes on', () => {
  const { device } = wasm;
  const outside = 0xffffff00; // the last bytes of a 4 GB address space
  const good = device.allocate('int32', 100_000);
  const end = device.memory.memory.buffer.byteLength;
  assert.throws(() => device.run('fillWords', 100_000, 16, [outside, 0]), /out of bounds/);
  // Only the second half lies outside: the share of the other thread.
  assert.throws(
    () => device.run('fillWords', 100_000, 16, [end - 4 * 60_000, 0]),
    /fillWords failed in a worker|out of bounds/, // or the caller was faster and computed that share itself
  );
  device.run('fillWords', 100_000, 16, [good.byteOffset, 5]);
  assert.ok(good.every((x) => x === 5));
  wasm.release(good);
});

test('shares of a job cover every item once', () => {
  const { device } = wasm;
  for (const items of [0, 1, 2, 5, 16, 17, 1000]) {
    for (const grain of [1, 3, 16, 5000]) {
      const words = device.allocate('int32', items + 1).fill(1);
      device.run('fillWords', items, grain, [words.byteOffset, 3]);
      assert.ok(
        words.every((x, i) => x === (i < items ? 3 : 1)),
        `${items} items, grain ${grain}`,
      );
      wasm.release(words);
    }
  }
});

test("arrays stay the backend's own however often memories grow", async () => {
  // A grown memory shows itself as a new buffer object at once, and as another one when word of it has gone round all threads.
  const growing = await Promise.all(
    [1, 2].map(() => startWasmBackend({ threads: 2, maximumBytes: 512 << 20 })),
  );
  const made = Array.from({ length: 400 }, () =>
    growing.map(({ device }) => {
      const words = device.allocate('int32', 60_000);
      device.run('fillWords', words.length, 1000, [words.byteOffset, 1]);
      return words;
    }),
  );
  const foreign = made.flatMap((pair) => pair.filter((words, i) => !growing[i]!.device.memory.owns(words)));
  assert.is(foreign.length, 0, 'kernels would be left to the reference loops without a word');
  for (const backend of growing) backend.stop();
});

test('idle threads sleep', async () => {
  wasm.release(wasm.unary('exp', viewOf(wasm.allocate('float32', 100_000), [100_000]))); // all threads awake
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 60_000, `${(user + system) / 1000} ms of work in 200 ms`);
});

test('the deterministic build is the portable one, and without shared memory there is one thread', () => {
  assert.is(builds[1]!.one.variant, 'simd');
  assert.is(plain.threads, 1);
  assert.not.instance(plain.device.memory.memory.buffer, SharedArrayBuffer);
});

test.after(() => {
  for (const backend of all) backend.stop();
});

test.run();
