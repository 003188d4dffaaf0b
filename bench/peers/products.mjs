/**
 * What the JavaScript peers share: they wait for requests and answer them (../turns/protocol.ts). They know products only. Of
 * several ways to do a product the fastest counts.
 */
import { createInterface } from 'node:readline';

const WARM_MS = 300;
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** `prepare(m, k, n, form)` gives the ways to do a product, as functions. */
export async function serve(backend, version, prepare) {
  say({ backend, version: `${version}, Node ${process.versions.node}`, threads: 1 });
  const tasks = [];
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await answer(JSON.parse(line), tasks, prepare));
    } catch (error) {
      say({ error: error.message });
    }
  }
  process.exit(0);
}

async function answer(request, tasks, prepare) {
  if (request.open?.group === 'gemm') {
    const { size, form } = request.open;
    let fastest = { ms: Infinity };
    for (const run of await prepare(...size, form)) {
      const ms = await warm(run);
      if (ms < fastest.ms) fastest = { ms, run };
    }
    const amount = (2 * size[0] * size[1] * size[2]) / 1e6;
    return { task: tasks.push(fastest.run) - 1, amount, unit: 'GFLOP/s', ms: fastest.ms };
  }
  if ('run' in request) {
    const run = tasks[request.run];
    const calls = Math.max(1, Math.ceil(request.leastMs / (await timed(run, 1))));
    return { ms: await timed(run, calls), calls };
  }
  if ('close' in request) {
    tasks[request.close] = null;
    return {};
  }
  return { error: `there is no ${request.open?.group ?? Object.keys(request)[0]} in this peer's part` };
}

async function warm(run) {
  const began = performance.now();
  let ms = Infinity;
  for (let calls = 0; calls < 3 || performance.now() - began < WARM_MS; calls++) ms = Math.min(ms, await timed(run, 1));
  return ms;
}

async function timed(run, calls) {
  const began = performance.now();
  for (let i = 0; i < calls; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - began) / calls;
}
