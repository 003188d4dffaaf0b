/**
 * Where the time of a step goes: timers around every kernel and every function of the backend, in a run of their own.
 *
 *   products     time inside the products, their packing, and attention (both ways), waiting for other threads included
 *   kernels      time inside all other kernels
 *   backend      JavaScript of the backend's functions: addresses, memory, loops without a kernel
 *   graph        the rest: tensors, shapes, closures, topological sort, the collector
 *
 * Timers cost about 0.1 microseconds each, a few hundred kernels a step: below 1 %.
 */
import type { WasmBackend } from '../src/tensor/backends/wasm/index.ts';

export interface Profile {
  /** Milliseconds by part; they add up to the whole. */
  readonly parts: Readonly<Record<'products' | 'kernels' | 'backend' | 'graph', number>>;
  /** Milliseconds inside each kernel, by name, largest first. */
  readonly kernels: ReadonlyMap<string, number>;
  /** Milliseconds and calls of each function of the backend, kernels included. */
  readonly functions: ReadonlyMap<string, { ms: number; calls: number }>;
  /** Calls of kernels. */
  readonly calls: number;
  readonly ms: number;
}

type AnyFunction = (...args: unknown[]) => unknown;
type Table = Record<string, unknown>;

const isProduct = (kernel: string) => /^(gemm|pack|attention|dotRows)/.test(kernel);

/** Run `fn` `times` times with timers; everything is put back as it was. */
export function profile(backend: WasmBackend, times: number, fn: () => unknown): Profile {
  const kernels = new Map<string, number>();
  const functions = new Map<string, { ms: number; calls: number }>();
  let calls = 0;
  let inBackend = 0;
  let inKernels = 0;
  let depth = 0;
  const { pool } = backend.device;
  const run = pool.run;
  pool.run = (name, items, grain, args) => {
    const began = performance.now();
    run.call(pool, name, items, grain, args);
    const ms = performance.now() - began;
    kernels.set(name, (kernels.get(name) ?? 0) + ms);
    inKernels += ms;
    calls++;
  };
  const wrap = (name: string, original: AnyFunction): AnyFunction => {
    return function wrapped(this: unknown, ...args: unknown[]): unknown {
      const began = performance.now();
      depth++;
      try {
        return original.apply(this, args);
      } finally {
        depth--;
        const ms = performance.now() - began;
        const entry = functions.get(name) ?? { ms: 0, calls: 0 };
        functions.set(name, { ms: entry.ms + ms, calls: entry.calls + 1 });
        if (depth === 0) inBackend += ms;
      }
    };
  };
  const restore = [backend, backend.fused].flatMap((owner) => {
    if (owner === undefined) return [];
    const table = owner as unknown as Table;
    const originals = Object.entries(table).filter(([, value]) => typeof value === 'function');
    for (const [name, original] of originals) table[name] = wrap(name, original as AnyFunction);
    return [() => Object.assign(table, Object.fromEntries(originals))];
  });
  const began = performance.now();
  try {
    for (let i = 0; i < times; i++) fn();
  } finally {
    Reflect.deleteProperty(pool, 'run'); // the method of the class again
    for (const put of restore) put();
  }
  const ms = performance.now() - began;
  const products = [...kernels].reduce((sum, [name, part]) => (isProduct(name) ? sum + part : sum), 0);
  return {
    parts: { products, kernels: inKernels - products, backend: inBackend - inKernels, graph: ms - inBackend },
    kernels: new Map([...kernels].sort((a, b) => b[1] - a[1])),
    functions: new Map([...functions].sort((a, b) => b[1].ms - a[1].ms)),
    calls: calls / times,
    ms,
  };
}

/** Each part as a share of `total`, those below `least` left out. */
export function sharesOf(
  parts: Iterable<readonly [string, number]>,
  total: number,
  least = 0,
): Record<string, number> {
  const rounded = [...parts].map(([name, ms]) => [name, Number((ms / total).toFixed(4))] as const);
  return Object.fromEntries(rounded.filter(([, share]) => share >= least));
}
