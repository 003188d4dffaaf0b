/**
 * A worker of the pool: waits for a job in shared memory, computes its part of it, reports, waits again.
 *
 * Plain JavaScript, so that Node and a page can start it as it is. The control block is described in pool.ts.
 */
const [LINE, NEXT] = [16, 1];
const [IDLE, OPEN, TAKEN, ASLEEP, AWAITED] = [0, 1, 2, 3, 4];
const inNode = typeof process === 'object' && typeof process.getBuiltinModule === 'function';
const port = inNode ? process.getBuiltinModule('node:worker_threads').parentPort : self;

function serve({ module, memory, wide, control, kernels, thread, threads, scratch, spins, lease }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, wide, abort: () => {} } });
  const table = kernels.map((name) => exports[name]);
  const words = new Int32Array(memory.buffer, control, 16);
  const values = new Float64Array(memory.buffer, control + 64, 64);
  const states = new Int32Array(memory.buffer, control + 1024, threads * LINE);
  const own = thread * LINE;
  // Node closes what a thread has open when the thread ends, however that comes: the others see by it whether this one lives.
  const open = lease === undefined ? null : process.getBuiltinModule('node:fs').openSync(lease);
  port.postMessage(open);
  for (;;) {
    // A short spin catches the next kernel of the same step; a longer pause is slept through.
    for (let i = 0; i < spins && Atomics.load(states, own) !== OPEN; i++);
    if (Atomics.compareExchange(states, own, IDLE, ASLEEP) === IDLE) {
      while (Atomics.load(states, own) === ASLEEP) Atomics.wait(states, own, ASLEEP);
    }
    // The caller may have done everything itself in the meantime; once it is taken, the job stays as it is until it is done.
    if (Atomics.compareExchange(states, own, OPEN, TAKEN) !== OPEN) continue;
    try {
      compute(table[words[0]]);
    } catch {
      Atomics.add(words, 5, 1); // pool.ts throws there
    }
    if (Atomics.exchange(states, own, IDLE) === AWAITED) Atomics.notify(states, own);
  }

  /** Its own share of the job, then what is left of the others'. */
  function compute(kernel) {
    const args = [];
    for (let i = 0; i < words[1]; i++) args.push(values[i]);
    const [count, units, grain, items, part] = [words[1], words[2], words[3], words[4], words[6]];
    for (let turn = 0; turn < threads; turn++) {
      const share = (thread + turn) % threads;
      const last = Math.floor((units * (share + 1)) / threads);
      for (;;) {
        const unit = Atomics.add(states, share * LINE + NEXT, part);
        if (unit >= last) break;
        args.length = count;
        args.push(unit * grain, Math.min(Math.min(unit + part, last) * grain, items), scratch);
        kernel(...args);
      }
    }
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
