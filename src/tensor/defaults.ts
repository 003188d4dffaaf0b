/**
 * Where new tensors are made: the backend and the floating-point type used when nobody names one.
 *
 * Set once at program start; `withDefaults` changes them for the length of a (synchronous) call, as tests and gradient
 * checks need. Ops never look here: they work where their inputs live.
 */
import type { Backend } from './backend.ts';
import type { FloatDType } from './dtype.ts';

interface Defaults {
  readonly backend: Backend;
  readonly dtype: FloatDType;
}

let current: Defaults | null = null;

export function getDefaults(): Defaults {
  if (current === null) throw new Error('No backend is set: import tensors from src/tensor/index.ts');
  return current;
}

export function setDefaults(changes: Partial<Defaults>): void {
  current = { ...current, ...changes } as Defaults;
}

export function withDefaults<T>(changes: Partial<Defaults>, run: () => T): T {
  const before = current;
  setDefaults(changes);
  try {
    return run();
  } finally {
    current = before;
  }
}
