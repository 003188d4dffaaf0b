/**
 * A pause in long work, so that signals (Ctrl-C), timers (the progress bar) and, in a page, drawing and clicks get their turn.
 *
 * Awaiting a result that is ready only continues in the microtask queue: on a backend that computes at once, a loop of such
 * awaits never returns to the event loop, and a Ctrl-C would be noticed after the last step.
 */
export function turn(): Promise<void> {
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
