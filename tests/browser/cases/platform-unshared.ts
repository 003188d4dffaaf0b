/**
 * Starting the wasm backend in a page without cross-origin isolation: the plain build on a memory of its own, one thread.
 */
import * as assert from 'uvu/assert';
import { tensor, withDefaults } from '../../../src/tensor/index.ts';
import { start } from '../engine.ts';
import type { PageCase } from '../page-case.ts';

export const cases: readonly PageCase[] = [
  {
    name: 'one thread, however many are asked for; no worker is loaded',
    async run() {
      assert.is(crossOriginIsolated, false);
      assert.is(typeof SharedArrayBuffer, 'undefined');
      const backend = await start({ threads: 4, worker: '/no-worker.js' });
      assert.equal([backend.variant, backend.threads], ['plain', 1]);
      withDefaults({ backend }, () => {
        const x = tensor([1, 2, 3]).requireGrad();
        x.square().sum().backward();
        assert.equal([...x.grad!.toArray()], [2, 4, 6]);
      });
      backend.stop();
      return `${backend.device.memory.memory.buffer.byteLength / 2 ** 20} MB of address space`;
    },
  },
  {
    name: 'running out of memory is a sentence',
    async run() {
      const backend = await start({ maximumBytes: 16 << 20 });
      assert.throws(() => backend.allocate('float32', 8 << 20), /no memory for 8388608 more .* 17 MB/);
      assert.is(backend.device.memory.usedBytes, 0);
      return undefined;
    },
  },
  {
    name: 'a size that the browser refuses is a sentence too',
    async run() {
      const message = await start({ maximumBytes: 2 ** 34 }).then(
        () => 'it started',
        (error: Error) => error.message,
      );
      assert.match(
        message,
        /^wasm: the engine cannot reserve a memory of up to 17\.2 GB \(.*; take --backend reference, or .*maximumBytes/,
      );
      return message;
    },
  },
];
