/**
 * Starting the wasm backend in a page under cross-origin isolation: which build, how many threads, and what goes wrong how.
 */
import * as assert from 'uvu/assert';
import type { PageWasmOptions } from '../../../src/platform/browser.ts';
import type { WasmBackend } from '../../../src/tensor/backends/wasm/index.ts';
import type { HostArray } from '../../../src/tensor/dtype.ts';
import { viewOf } from '../../../src/tensor/view.ts';
import { files, start } from '../engine.ts';
import type { PageCase } from '../page-case.ts';

const maximumBytes = 64 << 20;

/** Starts, expecting an error that matches; how long that took goes into the figures. */
async function refuses(options: Partial<PageWasmOptions>, pattern: RegExp): Promise<string> {
  const began = performance.now();
  const message = await start({ threads: 3, maximumBytes, ...options }).then(
    () => 'it started',
    (error: Error) => error.message,
  );
  assert.match(message, pattern, `expected ${pattern}, got: ${message}`);
  const milliseconds = performance.now() - began;
  assert.ok(milliseconds < 5000, `the error came after ${milliseconds} ms`);
  return message.replaceAll(location.origin, '');
}

/** A job that every thread has a share in. */
function exercise(backend: WasmBackend): void {
  const size = 200_000;
  const x = backend.upload(Float32Array.from({ length: size }, (_, i) => i)) as HostArray;
  for (let i = 0; i < 20; i++) {
    const y = backend.binary('add', viewOf(x, [size]), 1, [size], 'float32') as HostArray;
    assert.is(y[size - 1], size);
    assert.is(y[0], 1);
    backend.release(y);
  }
  backend.release(x);
}

/** The address of a script with this text. */
const script = (text: string) => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));

export const cases: readonly PageCase[] = [
  {
    name: 'the page is isolated and takes the fused kernels and all cores',
    async run() {
      assert.is(crossOriginIsolated, true);
      const backend = await start();
      assert.is(backend.variant, 'fma');
      assert.is(backend.threads, Math.min(16, navigator.hardwareConcurrency));
      assert.instance(backend.device.memory.memory.buffer, SharedArrayBuffer);
      exercise(backend);
      backend.stop();
      return `${backend.threads} threads`;
    },
  },
  {
    name: 'deterministic takes the portable kernels; threads and memory as asked for',
    async run() {
      const backend = await start({ deterministic: true, threads: 3, maximumBytes });
      assert.equal([backend.variant, backend.threads], ['simd', 3]);
      exercise(backend);
      assert.throws(() => backend.allocate('float32', 32 << 20), /of at most 67 MB are in use/);
      exercise(backend);
      backend.stop();
      return undefined;
    },
  },
  {
    name: 'the main thread never sleeps in Atomics.wait',
    async run() {
      const { wait } = Atomics;
      assert.throws(() => wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1), /cannot be called/);
      const backend = await start({ threads: 2, maximumBytes });
      let calls = 0;
      Atomics.wait = ((...args: Parameters<typeof wait>) => {
        calls++;
        return wait(...args);
      }) as typeof wait;
      try {
        exercise(backend);
      } finally {
        Atomics.wait = wait;
      }
      assert.is(calls, 0);
      backend.stop();
      return undefined;
    },
  },
  {
    name: 'threads see the memory that grew after they started',
    async run() {
      const backend = await start({ threads: 2 });
      const { memory } = backend.device.memory;
      const before = memory.buffer.byteLength;
      exercise(backend);
      for (const size of [4e6, 16e6, 32e6]) {
        const data = backend.allocate('float32', size) as HostArray;
        backend.fill(viewOf(data, [size]), 3); // each thread one half
        assert.ok(data.every((x) => x === 3));
        backend.release(data);
      }
      assert.ok(memory.buffer.byteLength > before + 128e6, 'the memory did not grow');
      exercise(backend);
      backend.stop();
      return `${(before / 1e6).toFixed(0)} to ${(memory.buffer.byteLength / 1e6).toFixed(0)} MB`;
    },
  },
  {
    name: 'a worker from a blob, as bundlers make them, works',
    async run() {
      const worker = script(await (await fetch(files.worker)).text());
      const backend = await start({ worker, threads: 2, maximumBytes });
      exercise(backend);
      backend.stop();
      return undefined;
    },
  },
  {
    name: 'a worker that is not there is an error',
    run: () => refuses({ worker: '/no-worker.js' }, /does not start: cannot load \/no-worker\.js$/),
    expectedErrors: /404.*no-worker/,
  },
  {
    name: 'a worker that throws is an error',
    run: () => refuses({ worker: script('throw new Error("broken")') }, /does not start: .*broken \(blob:/),
  },
  {
    name: 'a worker that is no script is an error',
    run: () => refuses({ worker: files.kernels.simd }, /does not start: .*kernels\.simd\.wasm/),
    expectedErrors: /kernels\.simd\.wasm/,
  },
  {
    name: 'a worker that never answers is an error after the limit',
    run: () => refuses({ worker: script(''), startLimit: 0.3 }, /does not start: no answer within 0\.3 s$/),
  },
  {
    name: 'a worker that cannot receive the memory is an error',
    async run() {
      // No page of Chromium is refused so: the event is played.
      const text = await (await fetch(files.worker)).text();
      const refused = "self.onmessage = () => self.dispatchEvent(new MessageEvent('messageerror'));";
      return refuses({ worker: script(`${text}\n${refused}`) }, /does not start: .*cannot be received here/);
    },
  },
  {
    name: 'kernels that are not there are an error',
    run: () =>
      refuses(
        { kernels: { ...files.kernels, fma: '/no-kernels.wasm' } },
        /^Cannot load \/no-kernels\.wasm: the server answers 404$/,
      ),
    expectedErrors: /404.*no-kernels/,
  },
  {
    name: 'a page instead of the kernels is an error that says so',
    run: () =>
      refuses(
        { kernels: { ...files.kernels, fma: '/tests/browser/page.html' } },
        /^\/tests\/browser\/page\.html is not a WebAssembly file; are the compiled kernels served there\?$/,
      ),
  },
  {
    name: 'kernels that the browser does not know are passed over: first fused, then any',
    async run() {
      const unknown = URL.createObjectURL(
        new Blob([Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 99, 1, 0)]),
      );
      const kernels = { ...files.kernels, fma: unknown };
      const backend = await start({ kernels, threads: 2, maximumBytes });
      assert.is(backend.variant, 'simd');
      exercise(backend);
      backend.stop();
      return refuses({ kernels: { ...kernels, simd: unknown } }, /^This browser has no WebAssembly SIMD/);
    },
  },
  {
    name: 'inside a worker of the page, threads included',
    async run() {
      const worker = new Worker(new URL('./engine-in-worker.ts', import.meta.url), { type: 'module' });
      const answer = await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(files);
      });
      worker.terminate();
      assert.equal(answer, { variant: 'fma', threads: 2, sum: 20100, gradient: [2, 4, 6] });
      return undefined;
    },
  },
];
