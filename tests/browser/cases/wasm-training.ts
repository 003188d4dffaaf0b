/**
 * Fifty steps of training in a page: the loss follows the reference, the memory stays what it was.
 */
import * as assert from 'uvu/assert';
import type { WasmBackend } from '../../../src/tensor/backends/wasm/index.ts';
import { reference } from '../../../src/tensor/index.ts';
import { picoLosses } from '../../training/pico-steps.ts';
import { start } from '../engine.ts';
import type { PageCase } from '../page-case.ts';

const STEPS = 50;
/** Largest difference of a loss; the reference adds in double precision, the kernels in single. */
const TOLERANCE = 1e-3;

const threads = crossOriginIsolated ? 2 : 1;
let expected: number[] | undefined;

/** Throws unless the memory after every step from the fifth on is that after the fifth. */
function memoryWatch({ device: { memory } }: WasmBackend): (step: number) => void {
  const sizes = () => [memory.usedBytes, memory.peakBytes, memory.memory.buffer.byteLength];
  let fifth: number[] = [];
  return (step) => {
    if (step === 5) fifth = sizes();
    if (step > 5) assert.equal(sizes(), fifth, `bytes used, most used, of memory after step ${step}`);
  };
}

function follows(losses: readonly number[], reference: readonly number[]): string {
  assert.is(losses.length, STEPS);
  const differences = losses.map((loss, i) => Math.abs(loss - reference[i]!));
  const largest = Math.max(...differences);
  if (largest > TOLERANCE)
    throw new Error(`a loss differs by ${largest} at step ${differences.indexOf(largest) + 1}`);
  if (losses.at(-1)! > losses[0]! - 1) throw new Error(`the loss went from ${losses[0]} to ${losses.at(-1)}`);
  return `loss ${losses[0]!.toFixed(4)} to ${losses.at(-1)!.toFixed(4)}, at most ${largest.toExponential(1)} off`;
}

async function train(deterministic: boolean): Promise<string> {
  expected ??= await picoLosses(reference, STEPS);
  const backend = await start({ threads, deterministic });
  const began = performance.now();
  const losses = await picoLosses(backend, STEPS, memoryWatch(backend));
  const seconds = (performance.now() - began) / 1000;
  const figures = follows(losses, expected);
  const single = await start({ threads: 1, deterministic });
  assert.equal(await picoLosses(single, 10), (await picoLosses(backend, 10)).slice(0, 10));
  const { variant, device } = backend;
  backend.stop();
  const used = `${(device.memory.usedBytes / 1e6).toFixed(1)} MB in use`;
  return `${variant}, ${threads} threads: ${figures}; ${used}; ${((STEPS * 4 * 64) / seconds).toFixed(0)} tokens/s`;
}

export const cases: readonly PageCase[] = [
  { name: '50 pico steps follow the reference in constant memory', run: () => train(false) },
  ...(crossOriginIsolated ? [{ name: '50 pico steps on the portable kernels', run: () => train(true) }] : []),
  {
    name: 'control: kept memory and another start are noticed',
    async run() {
      const backend = await start({ threads });
      const kept: unknown[] = [];
      const watch = memoryWatch(backend);
      const leaking = picoLosses(backend, 8, (step) => {
        kept.push(backend.allocate('float32', 1000));
        watch(step);
      });
      const message = await leaking.then(
        () => 'nothing',
        (error: Error) => error.message,
      );
      assert.match(message, 'after step 6');
      const flat = (loss: number) => new Array<number>(STEPS).fill(loss);
      assert.throws(() => follows(flat(6), flat(6.002)), /differs by/);
      assert.throws(() => follows(flat(6), flat(6)), /went from 6 to 6/);
      backend.stop();
      return undefined;
    },
  },
];
