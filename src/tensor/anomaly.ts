/**
 * Anomaly mode: find the op that makes the first NaN or infinity.
 *
 * While it is on, every result and every gradient is scanned, and the error names the op, the shapes and the line of *your*
 * code that called it. It costs a pass over every tensor and a stack trace for every op: use it to hunt a bug, not to train.
 * Scanning needs memory that JavaScript sees, so a backend without synchronous reads refuses the mode.
 */
import { formatShape } from './shape.ts';
import type { Tensor } from './tensor.ts';

export type CallSite = string | null;

let on = false;

export function isAnomalyMode(): boolean {
  return on;
}

export function withAnomalyMode<T>(fn: () => T): T {
  return switched(true, fn);
}

/** For adjoints: the gradient they return is checked as a whole and blamed on the op, not on the ops the adjoint is made of. */
export function withoutAnomalyMode<T>(fn: () => T): T {
  return switched(false, fn);
}

function switched<T>(to: boolean, fn: () => T): T {
  const before = on;
  on = to;
  try {
    return fn();
  } finally {
    on = before;
  }
}

/** A non-finite number appeared; the message says in which op, from which shapes, called where. */
export class AnomalyError extends Error {
  override readonly name = 'AnomalyError';
}

/** The nearest stack frame outside src/tensor. */
export function callSite(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100; // ten, the default, may all lie inside the engine
  const frames = (new Error('trace').stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = limit;
  const frame = frames.find((line) => !/[\\/]src[\\/]tensor[\\/]/.test(line)) ?? 'an unknown place';
  return frame.trim().replace(/^at /, '');
}

/** Throws if `result` holds a non-finite number. Masks made of infinities are not anomalies: inputs may hold them. */
export function checkFinite(what: string, result: Tensor, inputs: readonly Tensor[], site: string): void {
  if (result.dtype === 'int32') return;
  const values = result.toArray();
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const shapes = inputs.map((input) => formatShape(input.shape)).join(', ');
    throw new AnomalyError(
      `${what} is ${values[i]} at element ${i} of ${formatShape(result.shape)}; inputs of shape ${shapes}; called at ${site}`,
    );
  }
}
