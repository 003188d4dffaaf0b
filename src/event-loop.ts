/**
 * A pause in long work, so that signals (Ctrl-C) and timers (the progress bar) get their turn.
 *
 * Awaiting a result that is ready only continues in the microtask queue: on a backend that computes at once, a loop of such awaits
 * never returns to the event loop, and a Ctrl-C would be noticed after the last step.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve);
  });
}
