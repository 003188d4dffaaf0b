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
import type { Bench } from './backends.ts';
import type { Measurement } from './measurement.ts';
import { median } from './timing.ts';
import { makeTrainer } from './trainer.ts';

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

export async function* gpu({ contenders }: Bench): AsyncGenerator<Measurement> {
  const [one] = contenders;
  if (one !== undefined) yield* measure(one.backend, one.backend.name, null);
  for (const mode of modes) {
    let backend: GpuBackend;
    try {
      backend = await startGpuBackend(mode);
    } catch (error) {
      process.stderr.write(`gpu: ${(error as Error).message}\n`);
      continue;
    }
    yield* measure(backend, `gpu ${mode}`, backend);
    await backend.stop();
  }
}

async function* measure(
  backend: Backend,
  label: string,
  gpu: GpuBackend | null,
): AsyncGenerator<Measurement> {
  const common = { group: 'gpu', backend: label, threads: 1 };
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
