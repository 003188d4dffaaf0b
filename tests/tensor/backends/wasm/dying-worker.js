/**
 * A worker that takes a share of a job and never finishes it, in the way its address asks for: ?exit, ?memory, ?throw, ?loop.
 */
import { openSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

const [IDLE, OPEN, TAKEN, ASLEEP] = [0, 1, 2, 3];
const deaths = {
  exit: () => process.exit(),
  memory() {
    for (const hoard = []; ; ) hoard.push(new Array(10_000).fill(hoard.length + 0.5));
  },
  throw() {
    throw new Error('nobody catches this');
  },
  loop() {
    for (;;);
  },
};

parentPort.once('message', ({ memory, control, thread, lease }) => {
  const state = new Int32Array(memory.buffer, control + 1024 + 64 * thread, 1);
  parentPort.postMessage(openSync(lease));
  while (Atomics.compareExchange(state, 0, OPEN, TAKEN) !== OPEN) {
    if (Atomics.compareExchange(state, 0, IDLE, ASLEEP) === IDLE) Atomics.wait(state, 0, ASLEEP);
  }
  deaths[new URL(import.meta.url).search.slice(1)]();
});
