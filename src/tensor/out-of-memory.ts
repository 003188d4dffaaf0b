/** No memory for a tensor, as one sentence that says how much was needed and what to lower. */
import { FaultError } from '../errors.ts';

/** `subject` is "wasm: no memory"; `numbers` were asked for at once; `state` says what is in use already. */
export function outOfMemory(subject: string, numbers: number, bytes: number, state = ''): FaultError {
  return new FaultError(
    `${subject} for ${numbers} more numbers (${inUnits(bytes)})${state}; take a smaller --batch-size (with a larger ` +
      '--grad-accum), a shorter --context or a smaller model (in a program of your own, put each step into scope())',
  );
}

/** 17 MB, 4.3 GB, 4.4 TB */
export function inUnits(bytes: number): string {
  if (bytes < 1e9) return `${Math.round(bytes / 1e6)} MB`;
  return bytes < 1e12 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e12).toFixed(1)} TB`;
}
