/**
 * A pause in long work, so that signals (Ctrl-C), timers (the progress bar) and, in a page, drawing and clicks get their turn.
 *
 * Awaiting a result that is ready only continues in the microtask queue: on a backend that computes at once, a loop of such
 * awaits never returns to the event loop, and a Ctrl-C would be noticed after the last step.
 *
 * Whoever wants the work stopped aborts a signal: the next turn throws its reason, and the work ends there.
 */

/** A job that is followed while it runs. */
export interface Watch {
  /** How much of it is done. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Ends it: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Lets others have their turn. Throws the reason of `signal` if it is aborted by then. */
export async function turn(signal?: AbortSignal): Promise<void> {
  await othersTurn();
  signal?.throwIfAborted();
}

/** Milliseconds of work after which a turn is due. */
const SLICE = 20;

/** Turns within many short pieces of work: `if (turns.due) await turns.take();` after each piece. */
export class Turns {
  private last = performance.now();
  private readonly signal: AbortSignal | undefined;

  constructor(signal?: AbortSignal) {
    this.signal = signal;
  }

  get due(): boolean {
    return performance.now() - this.last >= SLICE;
  }

  async take(): Promise<void> {
    await turn(this.signal);
    this.last = performance.now();
  }
}

/** Go through work that says when a piece of it is done, with turns in between; returns what it returns. */
export async function inTurns<T>(work: Generator<unknown, T>, signal?: AbortSignal): Promise<T> {
  const turns = new Turns(signal);
  try {
    for (;;) {
      const next = work.next();
      if (next.done === true) return next.value;
      if (turns.due) await turns.take();
    }
  } finally {
    work.return?.(undefined as T); // stopped in the middle: it closes its files
  }
}

/** Go through such work at once. */
export function atOnce<T>(work: Generator<unknown, T>): T {
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
  }
}

/** All items of a slow source, read with turns in between. */
export async function collect<T>(items: Iterable<T>, signal?: AbortSignal): Promise<T[]> {
  const turns = new Turns(signal);
  const all: T[] = [];
  for (const item of items) {
    all.push(item);
    if (turns.due) await turns.take();
  }
  return all;
}

function othersTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    // In a page: a timer that sets the next one is held back for 4 ms each time, a message is not.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
