/**
 * Starting the worker pool where it goes wrong: always an error that says why, soon, and no worker left behind. The workers are played.
 */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildKernels, isStale, kernelPath } from '../../src/platform/build-kernels.ts';
import { createWasmBackend, type WasmBackend } from '../../src/tensor/backends/wasm/index.ts';
import type { WorkerHandle } from '../../src/tensor/backends/wasm/pool.ts';
import { viewOf } from '../../src/tensor/view.ts';

if (isStale()) await buildKernels();
const module = new WebAssembly.Module(readFileSync(kernelPath('simd')));

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

test.run();
