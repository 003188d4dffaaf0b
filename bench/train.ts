/**
 * Training: tokens per second of a whole step, and where its time goes (see profile.ts).
 */
import { type Bench, labels } from './backends.ts';
import type { Measurement } from './measurement.ts';
import { profile, sharesOf } from './profile.ts';
import { alternate, faster, median } from './timing.ts';
import { makeTrainer, type Phase, trainingSizes } from './trainer.ts';

const rounds: Record<string, number> = { pico: 25, nano: 9, micro: 5 };

export function* train({ contenders }: Bench): Generator<Measurement> {
  for (const { name, rows } of trainingSizes) {
    const isReference = contenders[0]!.wasm === null;
    if (isReference && name === 'micro') continue; // minutes a step
    const clock = phaseClock();
    const trainers = contenders.map(({ backend }) => makeTrainer(name, rows, backend, clock.enter));
    const plan = isReference ? { rounds: 3, warmup: 1 } : { rounds: rounds[name]!, warmup: 2 };
    const times = alternate(
      { ...plan, leastMs: 0 },
      trainers.map(({ step }) => step),
    );
    for (const [i, contender] of contenders.entries()) {
      const { tokens, step } = trainers[i]!;
      const common = {
        group: 'train',
        name,
        ...labels(contender),
        value: (tokens * 1000) / median(times[i]!),
        unit: 'tokens/s',
        ...(i === 0 ? {} : { ratios: { '1 thread': faster(times[i]!, times[0]!) } }),
      };
      if (contender.wasm === null) {
        yield common;
        continue;
      }
      const steps = Math.max(2, Math.ceil(rounds[name]! / 2));
      clock.reset();
      const { parts, kernels, functions, calls, ms } = profile(contender.wasm, steps, step);
      const phases = clock.read();
      const slowest = [...functions]
        .slice(0, 12)
        .map(([fn, entry]) => [`${fn} ms`, entry.ms / steps] as const);
      yield {
        ...common,
        breakdown: sharesOf(Object.entries(parts), ms),
        kernels: sharesOf(kernels, ms, 0.003),
        details: {
          'kernels a step': calls,
          'ms a step': ms / steps,
          ...Object.fromEntries(Object.entries(phases).map(([phase, sum]) => [`${phase} ms`, sum / steps])),
          ...(process.env.BENCH_FUNCTIONS === undefined ? {} : Object.fromEntries(slowest)),
        },
      };
    }
  }
}

/** Milliseconds spent in each phase of the steps since the last reset. */
function phaseClock() {
  const sums: Partial<Record<Phase, number>> = {};
  let current: Phase | null = null;
  let since = 0;
  const leave = () => {
    const now = performance.now();
    if (current !== null) sums[current] = (sums[current] ?? 0) + now - since;
    since = now;
  };
  return {
    enter(phase: Phase): void {
      leave();
      current = phase;
    },
    reset(): void {
      current = null;
      for (const phase of Object.keys(sums)) delete sums[phase as Phase];
    },
    read(): Partial<Record<Phase, number>> {
      leave();
      return { ...sums };
    },
  };
}
