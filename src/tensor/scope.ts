/**
 * Scopes own memory that JavaScript's garbage collector cannot see.
 *
 * A WebAssembly or GPU backend gets its memory back only when told to. `scope(fn)` remembers everything allocated while `fn`
 * runs and releases it at the end, except what `fn` returns and what was handed to `keep`; those pass to the surrounding
 * scope. One scope around a training step makes a million steps run in constant memory:
 *
 *   const loss = scope(() => { const loss = model.loss(batch); loss.backward(); optimizer.step(); return loss; });
 *
 * Memory outside every scope (a script that uses none, parameters, gradients) is given back when the collector finds its tensor
 * gone. Using a released tensor is an error, on every backend, also on `reference` where the memory would still be there.
 */
import type { Backend } from './backend.ts';
import type { Data } from './dtype.ts';

/** What was allocated, in order. An entry counts only while its memory still says that this scope owns it. */
interface Scope {
  readonly data: Data[];
  readonly backends: Backend[];
  readonly outer: Scope | null;
}

/**
 * The owner is written on the memory itself: a step makes a thousand allocations, and looking each up in a Map or WeakSet shows
 * in its profile.
 */
const OWNER = Symbol('owner');
const RELEASED = Symbol('released');
type Owned = Data & { [OWNER]?: Scope | typeof RELEASED | undefined };

let active: Scope | null = null;

function own(scope: Scope, data: Data, backend: Backend): void {
  (data as Owned)[OWNER] = scope;
  scope.data.push(data);
  scope.backends.push(backend);
}

/** Called once for all memory that a kernel or a factory returns. */
export function track(data: Data, backend: Backend): void {
  if (active === null) backend.collect?.(data);
  else own(active, data, backend);
}

export function isReleased(data: Data): boolean {
  return (data as Owned)[OWNER] === RELEASED;
}

/** Give memory back now. Views share memory: all of them become unusable. */
export function releaseNow(data: Data, backend: Backend): void {
  if (isReleased(data)) return;
  (data as Owned)[OWNER] = RELEASED;
  backend.release(data);
}

/** Let memory outlive the active scope (and every scope around it): parameters, gradients, caches. */
export function keepData(data: Data, backend: Backend): void {
  (data as Owned)[OWNER] = undefined;
  backend.collect?.(data);
}

/** True if the active scope will release this memory at its end: it was made in it, and nobody asked to keep it. */
export function isOwnedHere(data: Data): boolean {
  return active !== null && (data as Owned)[OWNER] === active;
}

/** Number of allocations the active scope holds; 0 outside. For tests and memory reports. */
export function scopeSize(): number {
  return new Set(active?.data.filter((data) => (data as Owned)[OWNER] === active)).size;
}

/** Run `fn`, then release what it allocated; `survivors` lists the memory of the result that must live on. */
export function runScope<T>(fn: () => T, survivors: (result: T) => Iterable<Data>): T {
  const outer = active;
  const mine: Scope = { data: [], backends: [], outer };
  active = mine;
  try {
    const result = fn();
    for (const data of survivors(result)) {
      if ((data as Owned)[OWNER] !== mine) continue;
      const backend = mine.backends[mine.data.indexOf(data)]!;
      if (outer !== null) own(outer, data, backend);
      else keepData(data, backend);
    }
    return result;
  } finally {
    active = outer;
    for (let i = 0; i < mine.data.length; i++) {
      const data = mine.data[i]!;
      if ((data as Owned)[OWNER] === mine) releaseNow(data, mine.backends[i]!);
    }
  }
}
