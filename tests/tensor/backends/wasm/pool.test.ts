/**
 * The worker pool. Starting it where it goes wrong: always an error that says why, soon, and no worker left behind (those
 * workers are played). Running it: every item computed once, traps reported, idle threads asleep.
 */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultError } from '../../../../src/errors.ts';
import { buildKernels, isStale, kernelPath } from '../../../../src/platform/build-kernels.ts';
import { spawnWorker, startWasmBackend } from '../../../../src/platform/node.ts';
import { createWasmBackend, type WasmBackend } from '../../../../src/tensor/backends/wasm/index.ts';
import type { WorkerHandle } from '../../../../src/tensor/backends/wasm/pool.ts';
import { viewOf } from '../../../../src/tensor/view.ts';

if (isStale()) await buildKernels();
const module = new WebAssembly.Module(readFileSync(kernelPath('simd')));

const wasm = await startWasmBackend({ threads: 2, maximumBytes: 256 << 20 });

type Act = (ready: () => void, failed: (why: string) => void) => void;

/** Start a pool with one worker for each act; `live` counts those not terminated. */
async function startWith(acts: readonly Act[], startLimit?: number) {
  let next = 0;
  let live = 0;
  const spawn = (): WorkerHandle => {
    const act = acts[next++]!;
    live++;
    return {
      postMessage: () => {},
      onStart: act,
      terminate: () => {
        live--;
      },
    };
  };
  const options = { module, variant: 'simd', threads: 1 + acts.length, maximumBytes: 64 << 20, spawn };
  const started = await createWasmBackend({
    ...options,
    ...(startLimit === undefined ? {} : { startLimit }),
  }).catch((error: Error) => error);
  return { started, live };
}

const willing: Act = (ready) => setTimeout(ready, 5);
const silent: Act = () => {};

test('all workers answer', async () => {
  const { started, live } = await startWith([willing, willing, willing]);
  assert.is((started as WasmBackend).threads, 4);
  assert.is(live, 3);
});

test('threads that do not come in time: the calling thread computes their shares, each once', async () => {
  const backend = (await startWith([willing, willing, willing])).started as WasmBackend; // they never take a share
  for (const items of [1, 2, 3, 4, 5, 7, 100]) {
    const words = backend.allocate('int32', items) as Int32Array;
    backend.device.run('fillWords', items, 1, [words.byteOffset, 5]);
    assert.ok(
      words.every((word) => word === 5),
      `${items} items`,
    );
    backend.release(words);
  }
  backend.stop();
});

test('after stop() the calling thread computes alone instead of waiting for nobody', async () => {
  const backend = (await startWith([willing])).started as WasmBackend;
  backend.stop();
  const x = backend.allocate('float32', 100_000) as Float32Array;
  backend.fill(viewOf(x, [100_000]), 3);
  assert.ok(x.every((value) => value === 3));
});

test('one of them cannot be loaded: its reason, and the others are ended', async () => {
  const lost: Act = (_, failed) => setTimeout(() => failed('cannot load worker.js'), 1);
  for (const acts of [
    [lost, willing, willing],
    [willing, silent, lost],
  ]) {
    const { started, live } = await startWith(acts);
    assert.is((started as Error).message, 'wasm: a worker thread does not start: cannot load worker.js');
    assert.is(live, 0);
  }
});

test('one of them never answers: an error after the limit', async () => {
  const began = performance.now();
  const { started, live } = await startWith([willing, silent], 0.05);
  assert.is((started as Error).message, 'wasm: a worker thread does not start: no answer within 0.05 s');
  assert.is(live, 0);
  assert.ok(performance.now() - began < 5000);
});

test('one of them may not even be made', async () => {
  const forbidden: Act = () => {
    throw new Error('not allowed by the content security policy');
  };
  const { started, live } = await startWith([willing, forbidden]);
  assert.match((started as Error).message, 'not allowed by the content security policy');
  assert.is(live, 0);
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

/** Run jobs on a pool whose one worker dies with its first share, until it has taken one. */
async function runUntilDead(
  death: string,
  shareLimit?: number,
): Promise<{ error: unknown; backend: WasmBackend }> {
  const url = new URL(`dying-worker.js?${death}`, import.meta.url);
  const backend = await createWasmBackend({
    ...{ module, variant: 'simd', threads: 2, maximumBytes: 64 << 20 },
    spawn: () =>
      spawnWorker(url, { resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 } }),
    ...(shareLimit === undefined ? {} : { shareLimit }),
  });
  const words = backend.device.allocate('int32', 200_000);
  for (let job = 0; job < 2000; job++) {
    try {
      backend.device.run('fillWords', words.length, 16, [words.byteOffset, job]);
      assert.ok(
        words.every((word) => word === job),
        'a job that does not throw is whole',
      );
    } catch (error) {
      return { error, backend };
    }
  }
  throw new Error('the worker never took a share');
}

for (const death of ['exit', 'memory', 'throw']) {
  test(`a worker that dies with its share (${death}): an error, not wrong numbers, and nobody waits`, async () => {
    const { error, backend } = await runUntilDead(death);
    assert.instance(error, FaultError);
    assert.match(
      (error as Error).message,
      /a worker thread died while it computed fillWords; continue with --resume/,
    );
    // What comes afterwards is computed by the calling thread alone.
    const words = backend.device.allocate('int32', 100_000);
    backend.device.run('fillWords', words.length, 16, [words.byteOffset, 7]);
    assert.ok(words.every((word) => word === 7));
    await new Promise((resolve) => setTimeout(resolve, 20)); // its error event, which must not end the program
  });
}

test('a worker of which nobody can tell whether it lives: an error after the limit', async () => {
  const { error } = await runUntilDead('loop', 0.3);
  assert.instance(error, FaultError);
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

test('idle threads sleep', async () => {
  wasm.release(wasm.unary('exp', viewOf(wasm.allocate('float32', 100_000), [100_000]))); // all threads awake
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 60_000, `${(user + system) / 1000} ms of work in 200 ms`);
});

test.after(() => wasm.stop());

test.run();
