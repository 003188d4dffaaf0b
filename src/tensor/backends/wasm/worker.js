/**
 * A worker of the pool: waits for a job in shared memory, computes its share of it, reports, waits again.
 *
 * Plain JavaScript, so that Node and a page can start it as it is. The control block is described in pool.ts.
 */
const inNode = typeof process === 'object' && typeof process.getBuiltinModule === 'function';
const port = inNode ? process.getBuiltinModule('node:worker_threads').parentPort : self;

function serve({ module, memory, control, kernels, thread, threads, scratch, spins }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort: () => {} } });
  const table = kernels.map((name) => exports[name]);
  const words = new Int32Array(memory.buffer, control, 16);
  const values = new Float64Array(memory.buffer, control + 64, 64);
  let seen = 0;
  port.postMessage('ready');
  for (;;) {
    // A short spin catches the next kernel of the same step; a longer pause is slept through.
    for (let i = 0; i < spins && Atomics.load(words, 0) === seen; i++);
    while (Atomics.load(words, 0) === seen) Atomics.wait(words, 0, seen);
    seen = Atomics.load(words, 0);
    const [count, units, grain] = [words[3], words[4], words[5]];
    const begin = Math.floor((units * thread) / threads) * grain;
    const end = Math.min(Math.floor((units * (thread + 1)) / threads) * grain, words[6]);
    try {
      if (begin < end) table[words[2]](...values.subarray(0, count), begin, end, scratch);
    } catch {
      Atomics.add(words, 7, 1); // pool.ts throws there
    }
    if (Atomics.sub(words, 1, 1) === 1) Atomics.notify(words, 1);
  }
}

// A message that cannot be received (a page that may not share memory with this worker) would leave the pool waiting.
const refuse = () => {
  throw new Error('the shared memory cannot be received here');
};

if (inNode) port.once('message', serve).once('messageerror', refuse);
else {
  self.onmessage = (event) => serve(event.data);
  self.onmessageerror = refuse;
}
