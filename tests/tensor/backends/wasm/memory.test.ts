/** The memory of the wasm backend: blocks, reuse, growth, its end, and whose arrays it takes. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startWasmBackend } from '../../../../src/platform/node.ts';
import { blockBytes, CONTROL_ADDRESS } from '../../../../src/tensor/backends/wasm/memory.ts';
import type { HostArray } from '../../../../src/tensor/dtype.ts';
import { fromArray, Random, randn, scope, withDefaults } from '../../../../src/tensor/index.ts';
import { viewOf } from '../../../../src/tensor/view.ts';
import { sameNumbers } from '../../../close.ts';
import { throwsWith } from '../../fixtures.ts';
import { startBuilds } from './builds.ts';

setFlagsFromString('--expose-gc'); // seen by contexts made afterwards
const { builds, plain, stop } = await startBuilds();
const wasm = builds[0]!.several;

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

test('usedBytes and peakBytes count whole blocks, and the peak stays', () => {
  const { memory } = plain.device;
  const [used, peak] = [memory.usedBytes, memory.peakBytes];
  const count = Math.ceil(peak / 4) + 1000; // more than ever before
  const large = memory.allocate('float32', count);
  assert.is(memory.usedBytes, used + blockBytes(4 * count));
  assert.is(memory.peakBytes, memory.usedBytes);
  const small = memory.allocate('int32', 1);
  const top = used + blockBytes(4 * count) + 64;
  assert.is(memory.peakBytes, top);
  memory.release(large);
  assert.is(memory.usedBytes, used + 64);
  memory.release(small);
  memory.release(memory.allocate('float32', 10));
  assert.equal([memory.usedBytes, memory.peakBytes], [used, top]);
  const foreign = new Float32Array(3);
  memory.release(foreign); // nobody's: nothing happens
  assert.is(memory.usedBytes, used);
});

test('new memory holds zeros, also where something else was before', () => {
  const own = new Uint8Array(wasm.device.memory.memory.buffer, 0, CONTROL_ADDRESS);
  const before = own.slice();
  for (const dtype of ['float32', 'int32', 'float64'] as const) {
    const dirty = wasm.allocate(dtype, 40000) as HostArray;
    assert.ok(dirty.every((x) => x === 0));
    dirty.fill(7);
    wasm.release(dirty);
    const clean = wasm.allocate(dtype, 40000) as HostArray;
    assert.ok(clean.every((x) => x === 0));
    wasm.release(clean);
  }
  sameNumbers(own, before, "the kernels' own data");
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

test('what the collector finds is given back once, also when it was released by hand before', async () => {
  const { memory } = wasm.device;
  const before = memory.usedBytes;
  const lose = (byHand: boolean) => {
    for (let i = 0; i < 20; i++) {
      const data = memory.allocate('float32', 5000);
      memory.collect(data);
      memory.collect(data); // asked twice is watched once
      if (byHand) memory.release(data);
    }
  };
  lose(true);
  assert.is(memory.usedBytes, before);
  lose(false);
  assert.ok(memory.usedBytes > before);
  for (let turn = 0; turn < 50 && memory.usedBytes !== before; turn++) await collectGarbage();
  for (let turn = 0; turn < 3; turn++) await collectGarbage();
  assert.is(memory.usedBytes, before);
  const addresses = Array.from({ length: 60 }, () => memory.allocate('float32', 5000));
  assert.is(
    new Set(addresses.map(({ byteOffset }) => byteOffset)).size,
    60,
    'no block belongs to two arrays',
  );
  for (const data of addresses) memory.release(data);
});

/** One round of the collector and of the callbacks that it leaves. */
async function collectGarbage(): Promise<void> {
  runInNewContext('gc')();
  await new Promise((resolve) => setTimeout(resolve, 5));
}

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

test.after(stop);

test.run();
