/**
 * A worker of the pool: waits for a job in shared memory, computes its share of it, reports, waits again.
 *
 * Plain JavaScript, so that Node and a page can start it as it is. The control block is described in pool.ts.
 */
const [IDLE, OPEN, TAKEN] = [0, 1, 2];
const inNode = typeof process === 'object' && typeof process.getBuiltinModule === 'function';
const port = inNode ? process.getBuiltinModule('node:worker_threads').parentPort : self;

function serve({ module, memory, wide, control, kernels, thread, threads, scratch, spins, lease }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, wide, abort: () => {} } });
  const table = kernels.map((name) => exports[name]);
  const words = new Int32Array(memory.buffer, control, 16);
  const values = new Float64Array(memory.buffer, control + 64, 64);
  const state = new Int32Array(memory.buffer, control + 1024 + 64 * thread, 1);
  // Node closes what a thread has open when the thread ends, however that comes: the others see by it whether this one lives.
  const open = lease === undefined ? null : process.getBuiltinModule('node:fs').openSync(lease);
  port.postMessage(open);
  for (;;) {
    // A short spin catches the next kernel of the same step; a longer pause is slept through.
    for (let i = 0; i < spins && Atomics.load(state, 0) !== OPEN; i++);
    while (Atomics.load(state, 0) !== OPEN) Atomics.wait(state, 0, IDLE);
    // The caller may have computed this share itself in the meantime; once it is taken, the job stays as it is until it is done.
    if (Atomics.compareExchange(state, 0, OPEN, TAKEN) !== OPEN) continue;
    try {
      const args = [];
      for (let i = 0; i < words[1]; i++) args.push(values[i]);
      const [units, grain] = [words[2], words[3]];
      const begin = Math.floor((units * thread) / threads) * grain;
      const end = Math.min(Math.floor((units * (thread + 1)) / threads) * grain, words[4]);
      args.push(begin, end, scratch);
      if (begin < end) table[words[0]](...args);
    } catch {
      Atomics.add(words, 5, 1); // pool.ts throws there
    }
    Atomics.store(state, 0, IDLE);
    Atomics.notify(state, 0);
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
