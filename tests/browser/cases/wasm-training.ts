/**
 * Fifty steps of training on wasm in a page: the loss follows the reference, the memory stays what it was, the threads change no
 * bit.
 */
import * as assert from 'uvu/assert';
import type { WasmBackend } from '../../../src/tensor/backends/wasm/index.ts';
import { picoLosses } from '../../training/pico-steps.ts';
import { follows, memoryWatch, STEPS, trainLikeReference } from '../backend-cases.ts';
import { start } from '../engine.ts';
import type { PageCase } from '../page-case.ts';

const threads = crossOriginIsolated ? 2 : 1;

/** Bytes in use, the most ever in use, and of the memory itself. */
const sizesOf =
  ({ device: { memory } }: WasmBackend) =>
  () => [memory.usedBytes, memory.peakBytes, memory.memory.buffer.byteLength];

async function train(deterministic: boolean): Promise<string> {
  const backend = await start({ threads, deterministic });
  const { figures, losses } = await trainLikeReference({ backend, tolerance: 1e-3, sizes: sizesOf(backend) });
  const peak = `${(backend.device.memory.peakBytes / 1e6).toFixed(1)} MB at most`;
  backend.stop();
  if (threads > 1) {
    const single = await start({ threads: 1, deterministic });
    assert.equal(await picoLosses(single, STEPS), losses, 'one thread trains to other bits');
  }
  return `${backend.variant}, ${threads} threads: ${figures}, ${peak}`;
}

export const cases: readonly PageCase[] = [
  { name: '50 pico steps follow the reference in constant memory', run: () => train(false) },
  ...(crossOriginIsolated ? [{ name: '50 pico steps on the portable kernels', run: () => train(true) }] : []),
  {
    name: 'control: kept memory, other losses and losses that do not fall are noticed',
    async run() {
      const backend = await start({ threads });
      const watch = memoryWatch(sizesOf(backend));
      const message = await picoLosses(backend, 8, (step) => {
        backend.allocate('float32', 1000);
        watch(step);
      }).then(
        () => 'nothing',
        (error: Error) => error.message,
      );
      assert.match(message, 'in use after step 6');
      backend.stop();
      const falling = Array.from({ length: STEPS }, (_, i) => 6 - i / 10);
      const off = falling.map((loss, i) => loss + (i === 7 ? 0.002 : 0));
      assert.throws(() => follows(off, falling, 1e-3), /differs by 0\.00[12]\d* at step 8$/);
      assert.throws(() => follows([Number.NaN, ...falling.slice(1)], falling, 1e-3), /differs by NaN/);
      const flat = falling.map(() => 6);
      assert.throws(() => follows(flat, flat, 1e-3), /went from 6 to 6/);
      return undefined;
    },
  },
];
