/**
 * The gpu backend, each mode that starts here, beside one thread of wasm:
 *
 *   MxKxN       GFLOP/s of a product whose operands lie on the device and whose result stays there
 *   launch      microseconds of a kernel that does next to nothing
 *   pico, nano  tokens/s of a whole training step; share of the time in uploads and reads; kernels in a step
 *
 * A device that computes asynchronously is made to finish by reading one number. Without a GPU the modes are webasm and cpu,
 * which are there to be correct: nano takes seconds a step, so a batch is two rows.
 */
import { type GpuBackend, type GpuMode, startGpuBackend } from '../src/platform/gpu.ts';
import { type Backend, Random, randn, scope, type Tensor } from '../src/tensor/index.ts';
import type { Measurement } from './measurement.ts';
import type { Contender } from './tasks.ts';
import { median } from './timing.ts';
import { makeTrainer } from './trainer.ts';
import { Child, ChildError, ourProgram } from './turns/child-process.ts';

const modes = ['webgpu', 'headlessgl', 'webasm', 'cpu'] as const satisfies readonly GpuMode[];
const shapes = [
  [256, 64, 176],
  [256, 256, 256],
  [512, 512, 512],
] as const;
const trainings = [
  { name: 'pico', rows: 4, steps: 5 },
  { name: 'nano', rows: 2, steps: 3 },
] as const;

/** On this Node rather than the one that trains: what a GPU needs may have been built for this one. */
export async function* gpu(): AsyncGenerator<Measurement> {
  const child = await Child.start(ourProgram({ threads: 1, node: process.execPath }));
  yield* await child.report({ group: 'gpu', mode: child.greeting.backend });
  for (const mode of modes) {
    try {
      yield* await child.report({ group: 'gpu', mode });
    } catch (error) {
      if (!(error instanceof ChildError)) throw error;
      process.stderr.write(`gpu: ${error.message}\n`);
    }
  }
  child.stop();
}

/** In the child: one mode of the gpu backend, or the child's own backend. */
export async function measureGpu(mode: string, { backend }: Contender): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  if (!isMode(mode)) {
    for await (const each of measure(backend, backend.name, null)) measurements.push(each);
    return measurements;
  }
  const device = await startGpuBackend(mode);
  for await (const each of measure(device, `gpu ${mode}`, device)) measurements.push(each);
  await device.stop();
  return measurements;
}

const isMode = (mode: string): mode is (typeof modes)[number] => (modes as readonly string[]).includes(mode);

async function* measure(
  backend: Backend,
  label: string,
  gpu: GpuBackend | null,
): AsyncGenerator<Measurement> {
  const common = { group: 'gpu', backend: label, threads: 1, version: `Node ${process.versions.node}` };
  for (const [M, K, N] of shapes) {
    const [a, b] = [randn([M, K], new Random(1), { backend }), randn([K, N], new Random(2), { backend })];
    const ms = await perCall(() => a.matmul(b));
    yield { ...common, name: `${M}x${K}x${N}`, value: (2 * M * K * N) / ms / 1e6, unit: 'GFLOP/s' };
    a.dispose();
    b.dispose();
  }
  const small = randn([64], new Random(1), { backend });
  yield { ...common, name: 'launch', value: 1000 * (await perCall(() => small.add(1))), unit: 'us' };
  small.dispose();
  for (const { name, rows, steps } of trainings) {
    const { tokens, stepLater } = makeTrainer(name, rows, backend);
    await stepLater(); // compiles
    const before = gpu === null ? null : { ...gpu.device.transfers, launches: gpu.device.launches };
    const times: number[] = [];
    for (let step = 0; step < steps; step++) {
      const began = performance.now();
      await stepLater();
      times.push(performance.now() - began);
    }
    const total = times.reduce((sum, time) => sum + time, 0);
    yield {
      ...common,
      name,
      value: (tokens * 1000) / median(times),
      unit: 'tokens/s',
      ...(gpu === null || before === null
        ? {}
        : {
            details: {
              'kernels a step': (gpu.device.launches - before.launches) / steps,
              'share of time in transfers': (gpu.device.transfers.milliseconds - before.milliseconds) / total,
              'numbers moved a step': (gpu.device.transfers.elements - before.elements) / steps,
              'compiled so far': gpu.device.compiled,
            },
          }),
    };
  }
}

/** Milliseconds of one call: calls are queued for a while, then one number is read, so that all of them have happened. */
async function perCall(call: () => Tensor): Promise<number> {
  const batch = async (calls: number) => {
    const began = performance.now();
    for (let i = 0; i < calls - 1; i++) call().dispose();
    const last = scope(() => call().sum());
    await last.read();
    last.dispose();
    return performance.now() - began;
  };
  await batch(1);
  const calls = Math.min(2000, Math.max(3, Math.ceil(60 / Math.max(0.01, (await batch(3)) / 3))));
  const times: number[] = [];
  for (let round = 0; round < 5; round++) times.push((await batch(calls)) / calls);
  return median(times);
}
