/**
 * What a device can do to a run, as sentences that say what to do next: take its context away, run out of memory, refuse a size.
 *
 * WebGL tells nobody: commands to a lost context do nothing, an allocation that fails sets a flag. WebGPU raises events, and
 * gpu.js writes them to the console. So both are asked (or listened to) wherever numbers are read back, before anybody believes
 * them.
 */
import { FaultError } from '../../../errors.ts';
import type { DeviceContext } from './library.ts';

const remedy =
  'take a smaller --batch-size (with a larger --grad-accum), a shorter --context, or --backend wasm';

// WebGL's numbers.
const NO_ERROR = 0;
const OUT_OF_MEMORY = 0x0505;
const CONTEXT_LOST = 0x9242;

export function deviceLost(): FaultError {
  return new FaultError(
    'gpu: the device was taken away (a driver reset, a sleeping machine, or too much memory in use); ' +
      'the last checkpoint is intact: ' +
      `start again from it, or ${remedy}`,
  );
}

/** `elements`: numbers that live tensors have, each of four bytes. */
function outOfMemory(elements: number): FaultError {
  return new FaultError(
    `gpu: the device has no memory left (tensors have ${Math.ceil((4 * elements) / 1e6)} MB of it); ` +
      `the last checkpoint is intact: ${remedy}`,
  );
}

export function tooLarge(what: string, size: number, limit: string): FaultError {
  return new FaultError(`gpu: the result of "${what}" has ${size} numbers, more than ${limit}; ${remedy}`);
}

export function isLost(context: DeviceContext | null): boolean {
  return context?.isContextLost?.() === true || context?.isLost === true;
}

/** What a WebGL context has to complain about since it was last asked; null if nothing. */
export function complaintOf(context: DeviceContext | null, elements: number): Error | null {
  if (isLost(context)) return deviceLost();
  const code = context?.getError?.() ?? NO_ERROR;
  if (code === NO_ERROR) return null;
  if (code === CONTEXT_LOST) return deviceLost();
  if (code === OUT_OF_MEMORY) return outOfMemory(elements);
  return new Error(`gpu: WebGL reports the error 0x${code.toString(16)}`);
}

/** Call `tell` with what a WebGPU device complains about at any time. */
export function listen(
  context: DeviceContext | null,
  elements: () => number,
  tell: (error: Error) => void,
): void {
  context?.device?.addEventListener?.('uncapturederror', ({ error }) => {
    const isMemory = error.constructor.name === 'GPUOutOfMemoryError';
    tell(isMemory ? outOfMemory(elements()) : new Error(`gpu: WebGPU reports: ${error.message}`));
  });
}
