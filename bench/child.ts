/**
 * Our child process: one backend, which does what its parent asks for on standard input (turns/protocol.ts).
 *
 *   node --import tsx bench/child.ts --threads 2 [--backend wasm|reference] [--wide auto|on|off]
 */
import { createInterface } from 'node:readline';
import { type BackendChoice, useBackend } from '../src/cli/backend.ts';
import { runCommand } from '../src/cli/command.ts';
import type { FlagTable } from '../src/cli/flags.ts';
import type { WasmBackend } from '../src/tensor/backends/wasm/index.ts';
import { getDefaults } from '../src/tensor/index.ts';
import { measureGpu } from './gpu.ts';
import { measureMemory } from './memory.ts';
import { opTable } from './op-table.ts';
import { widthOf } from './products.ts';
import { profile, sharesOf } from './profile.ts';
import { type Contender, openTask, type Prepared } from './tasks.ts';
import type { Answer, Opened, ProfileAnswer, Request, Turn } from './turns/protocol.ts';

const flags = {
  threads: { type: 'number', whole: true, min: 1, max: 64, help: 'threads', default: '1' },
  backend: { type: 'choice', choices: ['reference', 'wasm'], help: 'what computes', default: 'wasm' },
  wide: { type: 'choice', choices: ['auto', 'on', 'off'], help: '256-bit arithmetic', default: 'auto' },
} as const satisfies FlagTable;

type Wide = BackendChoice['wide'];

/** A task is warm after two calls and this long; a call of seconds is warm at once. */
const WARM_MS = 300;
const LONG_MS = 3000;

await runCommand({
  usage: 'node --import tsx bench/child.ts [flags]    one backend that a benchmark asks to work',
  flags,
  async run({ threads = 1, backend = 'wasm', wide }) {
    await useBackend({ backend, threads: backend === 'wasm' ? threads : undefined, wide: wide as Wide });
    const { backend: used } = getDefaults();
    const contender: Contender = {
      backend: used,
      wasm: backend === 'wasm' ? (used as WasmBackend) : null,
      threads,
    };
    const width = widthOf(contender);
    const version = `Node ${process.versions.node}`;
    say({ backend, version, threads, ...(width === undefined ? {} : { width }) });
    const tasks: (Prepared | null)[] = [];
    for await (const line of createInterface({ input: process.stdin })) {
      try {
        say(await answer(JSON.parse(line) as Request, contender, tasks));
      } catch (error) {
        say({ error: error instanceof Error ? error.message : String(error) });
      }
    }
    return 0;
  },
});

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function answer(request: Request, contender: Contender, tasks: (Prepared | null)[]): Promise<Answer> {
  if ('open' in request) {
    const prepared = openTask(request.open, contender);
    return { ...(await warm(prepared)), task: tasks.push(prepared) - 1 };
  }
  if ('run' in request) return run(tasks[request.run]!, request.leastMs);
  if ('profile' in request) return { profile: profileOf(tasks[request.profile]!, request.calls, contender) };
  if ('close' in request) {
    tasks[request.close] = null;
    globalThis.gc?.(); // what the task held is outside of the collector's sight, so it would not hurry
    return {};
  }
  if ('list' in request) return { names: opTable(contender.backend).map(({ name }) => name) };
  const { report } = request;
  if (report.group === 'memory') return { measurements: await measureMemory(contender, report.steps) };
  return { measurements: await measureGpu(report.mode, contender) };
}

async function warm({ amount, unit, run, details }: Prepared): Promise<Omit<Opened, 'task'>> {
  const began = performance.now();
  let ms = Infinity;
  for (let calls = 0; calls < 2 || performance.now() - began < WARM_MS; calls++) {
    const from = performance.now();
    await run();
    ms = Math.min(ms, performance.now() - from);
    if (ms > LONG_MS) break;
  }
  return { amount, unit, ms, ...(details === undefined ? {} : { details }) };
}

/** One call that does not count where that is cheap: another process has used the caches since the last turn. */
async function run({ run: call }: Prepared, leastMs: number): Promise<Turn> {
  const first = await timed(call, 1);
  if (first > leastMs / 4) {
    const more = Math.max(0, Math.ceil(leastMs / first) - 1);
    const rest = more > 0 ? await timed(call, more) : 0;
    return { ms: (first + rest * more) / (1 + more), calls: 1 + more };
  }
  const calls = Math.max(1, Math.ceil(leastMs / Math.max(first, 1e-4)));
  return { ms: await timed(call, calls), calls };
}

/** Milliseconds of one call. A promise is awaited, and nothing is that is none: a turn of the event loop would be measured too. */
async function timed(call: () => unknown, calls: number): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < calls; i++) {
    const result = call();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - began) / calls;
}

function profileOf({ run: call, phases }: Prepared, calls: number, { wasm }: Contender): ProfileAnswer {
  if (wasm === null) throw new Error('only the wasm backend has kernels to time');
  phases?.reset();
  const { parts, kernels, functions, calls: perStep, ms } = profile(wasm, calls, call);
  const slowest = [...functions]
    .slice(0, 12)
    .map(([name, entry]) => [`${name} ms`, entry.ms / calls] as const);
  return {
    breakdown: sharesOf(Object.entries(parts), ms),
    kernels: sharesOf(kernels, ms, 0.003),
    details: {
      'outside products and attention': 1 - parts.products / ms,
      'kernels a step': perStep,
      'ms a step': ms / calls,
      ...phases?.read(calls),
      ...(process.env.BENCH_FUNCTIONS === undefined ? {} : Object.fromEntries(slowest)),
    },
  };
}
