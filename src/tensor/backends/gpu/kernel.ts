/**
 * What a kernel is: one top-level function that computes one cell of the result.
 *
 * gpu.js turns the *text* of the function into a shader (or into WebAssembly or JavaScript), so it must stand on its own: no
 * inner functions, no variables from outside, loops only up to `this.constants` (a loop up to an argument stops silently at
 * 1000). Whole numbers that fix the kernel (sizes, strides) are constants and part of its identity; what changes from call to
 * call (offsets, rates) are arguments. `defineKernel` also lists every kernel, for the test that reads all their texts.
 *
 * A kernel works on a grid of rows and columns. `row` is thread.y, except that a grid too large for the device is folded:
 *
 *   row = this.thread.y + this.constants.fold * this.thread.z
 */
export interface FloatArray {
  readonly [index: number]: number;
}

/** `this` of a kernel that uses the named constants. */
export interface Cell<Constants extends string = never> {
  readonly thread: { readonly x: number; readonly y: number; readonly z: number };
  readonly constants: Readonly<Record<Constants | 'fold', number>>;
}

type ArgumentKind = 'array' | 'integer' | 'float';

type Source = (...args: never[]) => number;

/** A function that kernels call. gpu.js finds it by the name that the call has in the kernel's text. */
export interface Helper {
  readonly name: string;
  readonly source: Source;
  readonly takes: readonly ('Integer' | 'Number')[];
  readonly gives: 'Integer' | 'Number';
}

export interface KernelDefinition {
  readonly name: string;
  readonly source: Source;
  readonly takes: readonly ArgumentKind[];
  readonly helpers: readonly Helper[];
}

/** All kernels there are, in the order of their definition. */
export const allKernels: KernelDefinition[] = [];

export function defineKernel(
  name: string,
  source: Source,
  takes: readonly ArgumentKind[],
  helpers: readonly Helper[] = [],
): KernelDefinition {
  const definition = { name, source, takes, helpers };
  allKernels.push(definition);
  return definition;
}

/** Truncate to a whole number, of the type that indices have on a device. */
export function integer(value: number): number {
  return Math.trunc(value);
}

/** a / b rounded down, at most one off: GPUs divide inexactly. */
function nearQuotient(a: number, b: number): number {
  return Math.floor((a + 0.5) / b);
}

/** a / b rounded down, for whole numbers a >= 0, b > 0. */
export function quotient(a: number, b: number): number {
  const near = nearQuotient(a, b);
  if (a - near * b < 0) {
    return near - 1;
  }
  if (a - near * b >= b) {
    return near + 1;
  }
  return near;
}

// Registered under `fn.name`, which is what the calls say even where a bundler has renamed both.
export const integerHelper: Helper = {
  name: integer.name,
  source: integer,
  takes: ['Number'],
  gives: 'Integer',
};
export const quotientHelpers: readonly Helper[] = [
  { name: nearQuotient.name, source: nearQuotient, takes: ['Integer', 'Integer'], gives: 'Integer' },
  { name: quotient.name, source: quotient, takes: ['Integer', 'Integer'], gives: 'Integer' },
];
