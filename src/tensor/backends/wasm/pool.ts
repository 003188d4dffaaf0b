/**
 * A pool of threads over one shared memory.
 *
 * A job is a kernel, its arguments and a number of items, counted in units of whole grains. Thread t of n begins with share t,
 * the units [t/n, (t+1)/n), a part at a time, and then helps with what is left of the others'. How a job is split never changes
 * what is computed for an item, so results are the same bits for any number of threads.
 *
 *   control block, 32-bit words:  0 kernel   1 arguments   2 units   3 items per unit   4 items   5 parts whose kernel threw
 *                                 6 units per part
 *   from byte 64 on, 64-bit floats: the arguments
 *   from byte 1024 on, a cache line for each thread: its state, and the next unit of its share that nobody has begun
 *
 * Each thread keeps to its share as long as it can, from kernel to kernel: the rows that it has just written are in its cache.
 * Where a core is slowed down by other programs, the other threads take over what it has not begun; a thread that is slow to
 * wake up costs its help and not the time until it comes. For the last parts the calling thread waits: first spinning, because
 * most kernels are shorter than waking a thread takes. Idle workers sleep in Atomics.wait and cost nothing.
 *
 * A worker that dies with its share (out of memory) says nothing, and while this thread waits no event arrives. So it looks
 * after each tenth of a second whether those it waits for are still alive; what they have not finished is an error.
 */
import { FaultError } from '../../../errors.ts';
import { CONTROL_ADDRESS, type WasmMemory } from './memory.ts';

/** A worker thread of any platform. */
export interface WorkerHandle {
  postMessage(message: unknown): void;
  /** Calls one of the two when the worker has answered, or when it cannot any more. */
  onStart(ready: () => void, failed: (why: string) => void): void;
  terminate(): void;
  /** Whether it still runs, known without waiting for an event; absent where that cannot be told. */
  isAlive?(): boolean;
}

type Kernel = (...args: number[]) => number | undefined;
export type Kernels = Readonly<Record<string, Kernel>>;

/**
 * Some 30 microseconds. Longer spinning gained nothing on a quiet machine, and next to a busy program two threads fell from 0.9
 * to 0.6 of one.
 */
const SPINS = 5_000;

/**
 * Parts of a share. More of them end more evenly where one core is slower than the other, and cost a call each (some 0.2
 * microseconds).
 */
const PARTS = 6;

/** Words from the line of one thread to the next, where in it the next unit is, and what states say (worker.js knows the same). */
const LINE = 16;
const NEXT = 1;
const [IDLE, OPEN, TAKEN, ASLEEP, AWAITED] = [0, 1, 2, 3, 4];

/** Milliseconds of waiting for a share between two looks at its worker. */
const LOOK_EVERY = 100;
/**
 * Seconds of waiting for one share after which its worker counts as dead where nobody can tell. The largest products take a few
 * seconds; looks are counted instead of the clock, which goes on while a process is stopped (Ctrl-Z) or a machine sleeps.
 */
const SHARE_LIMIT = 300;

/** Seconds for a worker to start; one that has not by then never will (a server that answers with some other script). */
const START_LIMIT = 60;

export class Pool {
  readonly threads: number;
  private readonly memory: WasmMemory;
  private readonly kernels: Kernels;
  private readonly names: readonly string[];
  private readonly codes: ReadonlyMap<string, number>;
  private readonly workers: WorkerHandle[] = [];
  private readonly words: Int32Array;
  private readonly values: Float64Array;
  private readonly states: Int32Array;
  private readonly shareLimit: number;

  constructor(memory: WasmMemory, kernels: Kernels, threads: number, shareLimit = SHARE_LIMIT) {
    this.memory = memory;
    this.kernels = kernels;
    this.names = Object.keys(kernels);
    this.codes = new Map(this.names.map((name, code) => [name, code]));
    this.threads = threads;
    this.shareLimit = shareLimit;
    this.words = new Int32Array(memory.memory.buffer, CONTROL_ADDRESS, 16);
    this.values = new Float64Array(memory.memory.buffer, CONTROL_ADDRESS + 64, 64);
    this.states = new Int32Array(memory.memory.buffer, CONTROL_ADDRESS + 1024, threads * LINE);
  }

  /**
   * Start the workers; resolves when all of them can take a job. Should one of them not start, none is left behind and the
   * error says why. Nothing may wait in Atomics.wait here: a page starts its workers from the very thread that would sleep.
   */
  async start(
    module: WebAssembly.Module,
    wide: boolean,
    spawn: () => WorkerHandle,
    limit = START_LIMIT,
  ): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const failed = (why: string) => reject(new Error(`wasm: a worker thread does not start: ${why}`));
        timer = setTimeout(() => failed(`no answer within ${limit} s`), limit * 1000);
        let missing = this.threads - 1;
        for (let thread = 1; thread < this.threads; thread++) {
          const worker = spawn();
          this.workers.push(worker);
          worker.onStart(() => {
            if (--missing === 0) resolve();
          }, failed);
          worker.postMessage({
            module,
            memory: this.memory.memory,
            wide: wide ? 1 : 0,
            control: CONTROL_ADDRESS,
            kernels: this.names,
            thread,
            threads: this.threads,
            scratch: this.memory.scratch(thread),
            spins: SPINS,
          });
        }
      });
    } catch (error) {
      this.stop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What a function of the kernels without arguments answers. */
  ask(name: string): number {
    return this.kernels[name]!() as number;
  }

  /**
   * Run `name(...args, begin, end, scratch)` over all `items`. `grain` is the least number of items worth a share of their own;
   * with fewer than two grains everything is computed right here. The last three arguments are put into `args`: spreading
   * nothing else is the one way to call a kernel that the engine does without making another array.
   */
  run(name: string, items: number, grain: number, args: number[]): void {
    if (items === 0) return;
    const kernel = this.kernels[name]!;
    const units = Math.ceil(items / grain);
    if (this.workers.length === 0 || units < 2) {
      args.push(0, items, this.memory.scratch(0));
      kernel(...args);
      return;
    }
    const { words, values, states } = this;
    for (let i = 0; i < args.length; i++) values[i] = args[i]!;
    words[0] = this.codes.get(name)!;
    words[1] = args.length;
    words[2] = units;
    words[3] = grain;
    words[4] = items;
    words[5] = 0;
    words[6] = Math.ceil(units / (this.threads * PARTS));
    for (let share = 0; share < this.threads; share++)
      states[share * LINE + NEXT] = this.firstUnit(share, units);
    for (let share = 1; share < this.threads; share++) {
      if (this.firstUnit(share, units) === this.firstUnit(share + 1, units)) continue;
      if (Atomics.exchange(states, share * LINE, OPEN) === ASLEEP) Atomics.notify(states, share * LINE);
    }
    let isWhole = true;
    try {
      this.compute(kernel, args);
    } finally {
      isWhole = this.join(); // whatever happens here: the others still write to the same memory
    }
    if (!isWhole) {
      throw new FaultError(
        `wasm: a worker thread died while it computed ${name}; continue with --resume, and if it dies again with --threads 1`,
      );
    }
    if (words[5] !== 0)
      throw new WebAssembly.RuntimeError(`wasm: the kernel ${name} failed in a worker thread`);
  }

  /** This thread's part of the job in the control block: its own share, then what is left of the others'. */
  private compute(kernel: Kernel, args: number[]): void {
    const { words, states, threads } = this;
    const count = args.length;
    const [units, grain, items, part] = [words[2]!, words[3]!, words[4]!, words[6]!];
    const scratch = this.memory.scratch(0);
    for (let share = 0; share < threads; share++) {
      const last = this.firstUnit(share + 1, units);
      for (;;) {
        const unit = Atomics.add(states, share * LINE + NEXT, part);
        if (unit >= last) break;
        args.length = count;
        args.push(unit * grain, Math.min(Math.min(unit + part, last) * grain, items), scratch);
        kernel(...args);
      }
    }
  }

  private firstUnit(share: number, units: number): number {
    return Math.floor((units * share) / this.threads);
  }

  /**
   * Wait until no worker is at it; those that have not come are not waited for, and after an error here the others begin nothing
   * more. False if one never finished; the pool has no workers left then.
   */
  private join(): boolean {
    const { states, words } = this;
    for (let share = 0; share < this.threads; share++) {
      Atomics.store(states, share * LINE + NEXT, words[2]!);
    }
    let isWhole = true;
    for (let share = 1; share < this.threads; share++) {
      const at = share * LINE;
      if (Atomics.compareExchange(states, at, OPEN, IDLE) === OPEN) continue;
      for (let i = 0; i < SPINS && Atomics.load(states, at) === TAKEN; i++);
      if (Atomics.load(states, at) === TAKEN && !this.isFinished(share)) isWhole = false;
    }
    if (!isWhole) this.stop();
    return isWhole;
  }

  /** Wait for a worker that is at it; false if it has died. */
  private isFinished(share: number): boolean {
    const { states } = this;
    const at = share * LINE;
    if (Atomics.compareExchange(states, at, TAKEN, AWAITED) !== TAKEN) return true;
    for (let looks = 0; looks < (this.shareLimit * 1000) / LOOK_EVERY; looks++) {
      if (canWait) Atomics.wait(states, at, AWAITED, LOOK_EVERY);
      else spin(() => Atomics.load(states, at) !== AWAITED, LOOK_EVERY);
      if (Atomics.load(states, at) !== AWAITED) return true;
      const isAlive = this.workers[share - 1]?.isAlive?.() ?? true;
      if (!isAlive) break;
    }
    return Atomics.load(states, at) !== AWAITED; // it may have finished, and ended, while this thread looked
  }

  /** End the workers. Whatever is computed afterwards, this thread computes alone. */
  stop(): void {
    for (const worker of this.workers) worker.terminate();
    this.workers.length = 0;
  }
}

/** The main thread of a page may not sleep; it spins. */
const canWait = typeof (globalThis as { document?: unknown }).document === 'undefined';

function spin(until: () => boolean, milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (!until() && performance.now() < end);
}
