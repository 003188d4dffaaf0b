/**
 * Scopes own memory that JavaScript's garbage collector cannot see.
 *
 * A WebAssembly or GPU backend gets its memory back only when told to. `scope(fn)` remembers everything allocated while `fn`
 * runs and releases it at the end, except what `fn` returns and what was handed to `keep`; those pass to the surrounding
 * scope. One scope around a training step makes a million steps run in constant memory:
 *
 *   const loss = scope(() => { const loss = model.loss(batch); loss.backward(); optimizer.step(); return loss; });
 *
 * Memory outside every scope (a script that uses none, parameters, gradients) is given back when the collector finds its tensor gone.
 * Using a released tensor is an error, on every backend, also on `reference` where the memory would still be there.
 */
import type { Backend } from './backend.ts';
import type { Data } from './dtype.ts';

interface Scope {
  readonly allocations: Map<Data, Backend>;
  readonly outer: Scope | null;
}

let active: Scope | null = null;
const released = new WeakSet<Data>();

/** Called once for all memory that a kernel or a factory returns. */
export function track(data: Data, backend: Backend): void {
  if (active === null) backend.collect?.(data);
  else active.allocations.set(data, backend);
}

/** Take memory out of whichever scope owns it: not always the innermost. */
function disown(data: Data): void {
  for (let owner = active; owner !== null; owner = owner.outer) {
    if (owner.allocations.delete(data)) return;
  }
}

export function isReleased(data: Data): boolean {
  return released.has(data);
}

/** Give memory back now. Views share memory: all of them become unusable. */
export function releaseNow(data: Data, backend: Backend): void {
  if (released.has(data)) return;
  released.add(data);
  disown(data);
  backend.release(data);
}

/** Let memory outlive the active scope (and every scope around it): parameters, gradients, caches. */
export function keepData(data: Data, backend: Backend): void {
  disown(data);
  backend.collect?.(data);
}

/** Number of allocations the active scope holds; 0 outside. For tests and memory reports. */
export function scopeSize(): number {
  return active?.allocations.size ?? 0;
}

/** Run `fn`, then release what it allocated; `survivors` lists the memory of the result that must live on. */
export function runScope<T>(fn: () => T, survivors: (result: T) => Iterable<Data>): T {
  const outer = active;
  const mine = new Map<Data, Backend>();
  active = { allocations: mine, outer };
  let result: T;
  try {
    result = fn();
    for (const data of survivors(result)) {
      const backend = mine.get(data);
      if (backend === undefined) continue;
      mine.delete(data);
      if (outer === null) backend.collect?.(data);
      else outer.allocations.set(data, backend);
    }
  } finally {
    active = outer;
    for (const [data, backend] of mine) {
      released.add(data);
      backend.release(data);
    }
  }
  return result;
}
