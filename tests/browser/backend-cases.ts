/**
 * Cases that every backend has to pass in a page: all kernels, and fifty steps of training. Nothing here reads synchronously.
 */
import * as assert from 'uvu/assert';
import { type Backend, reference } from '../../src/tensor/index.ts';
import { table } from '../tensor/backends/cases.ts';
import { type Candidate, conforms } from '../tensor/backends/compare.ts';
import { type PicoSize, picoLosses, picoSize } from '../training/pico-steps.ts';
import type { PageCase } from './page-case.ts';

/** The conformance suite against the reference, one case a kernel. */
export function kernelCases(candidates: readonly Candidate[]): PageCase[] {
  const kernels = [...new Set(table.map((row) => row.kernel))];
  return kernels.map((kernel) => {
    const rows = table.filter((row) => row.kernel === kernel);
    return {
      name: kernel,
      async run() {
        await conforms(rows, candidates);
        return `${rows.length} rows`;
      },
    };
  });
}

export const STEPS = 50;
/** The reference's losses, by the size of its steps. */
const expected = new Map<string, readonly number[]>();

export interface Trainee {
  readonly backend: Backend;
  /** Largest difference of a loss from the reference's. */
  readonly tolerance: number;
  /** What must be after every step what it was after the fifth: bytes, numbers of buffers. */
  readonly sizes: () => readonly number[];
  readonly size?: PicoSize;
  /** By how much the loss must fall at least. */
  readonly fall?: number;
}

/** Trains `pico`, throws unless loss and memory behave; returns the figures and the losses. */
export async function trainLikeReference({ backend, tolerance, sizes, size = picoSize, fall = 1 }: Trainee) {
  const key = `${size.rows} x ${size.length}`;
  const reference50 = expected.get(key) ?? (await picoLosses(reference, STEPS, undefined, size));
  expected.set(key, reference50);
  const began = performance.now();
  const losses = await picoLosses(backend, STEPS, memoryWatch(sizes), size);
  const tokensPerSecond = (STEPS * size.rows * size.length) / ((performance.now() - began) / 1000);
  const figures = `${follows(losses, reference50, tolerance, fall)}; ${tokensPerSecond.toFixed(0)} tokens/s`;
  return { losses, figures };
}

/** To be called after every step; throws when the sizes are no longer those after the fifth. */
export function memoryWatch(sizes: () => readonly number[]): (step: number) => void {
  let fifth: readonly number[] = [];
  return (step) => {
    if (step === 5) fifth = sizes();
    if (step > 5) assert.equal(sizes(), fifth, `${sizes()} in use after step ${step}, ${fifth} after step 5`);
  };
}

/** Throws unless the losses stay within `tolerance` of the reference's and fall by `fall` at least. */
export function follows(
  losses: readonly number[],
  reference: readonly number[],
  tolerance: number,
  fall = 1,
): string {
  if (losses.length !== reference.length) throw new Error(`${losses.length} losses`);
  const differences = losses.map((loss, i) => Math.abs(loss - reference[i]!));
  const largest = Math.max(...differences);
  if (!(largest <= tolerance))
    throw new Error(`a loss differs by ${largest} at step ${differences.indexOf(largest) + 1}`);
  const [first, last] = [losses[0]!, losses.at(-1)!];
  if (last > first - fall) throw new Error(`the loss went from ${first} to ${last}`);
  return `loss ${first.toFixed(4)} to ${last.toFixed(4)}, at most ${largest.toExponential(1)} off`;
}
