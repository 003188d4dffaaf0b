/**
 * The backends that a run of the benchmark measures: started once, shared by all groups, stopped at the end.
 */
import { startWasmBackend } from '../src/platform/node.ts';
import type { WasmBackend } from '../src/tensor/backends/wasm/index.ts';
import { type Backend, reference } from '../src/tensor/index.ts';

/** One way to compute: a backend with a number of threads. */
export interface Contender {
  readonly backend: Backend;
  readonly threads: number;
  /** The same backend with what only wasm has; null for the reference. */
  readonly wasm: WasmBackend | null;
}

export interface Bench {
  /** The first has one thread: what the others are compared with. */
  readonly contenders: readonly Contender[];
  /** Training steps of the memory group. */
  readonly steps: number;
}

/** One and `threads` threads of the backend (the reference has one only). */
export async function startContenders(
  name: 'reference' | 'wasm',
  threads: number,
): Promise<readonly Contender[]> {
  if (name === 'reference') return [{ backend: reference, threads: 1, wasm: null }];
  const contenders: Contender[] = [];
  for (const count of new Set([1, threads])) {
    const wasm = await startWasmBackend({ threads: count }); // one after the other: the first may have to compile the kernels
    contenders.push({ backend: wasm, threads: count, wasm });
  }
  return contenders;
}

/** Name and threads as they stand in a measurement. */
export function labels({ backend, threads }: Contender): { backend: string; threads: number } {
  return { backend: backend.name, threads };
}
