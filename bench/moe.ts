/**
 * Mixture of experts against the dense model of equal active parameters: what a training step costs, paired in one run.
 *
 *   dense              nano of architecture tinyllm
 *   wide               the same with as many parameters as the mixture has in all
 *   moe                nano of architecture moe: 8 experts, 2 per token, one shared; nobody listens, so the experts alone
 *   moe, loss          with the balance loss and its gradient
 *   moe, bias          with a bias on the choice, moved after each update
 *   moe, all compute   every expert computes every token, as where memory cannot be read at once
 *
 * The ratio is that of speeds: the step is to take at most 1.4 times as long as the dense one, which is a ratio of at least 0.71.
 */
import { mixturesOf } from '../src/models/architectures/moe.ts';
import { preset } from '../src/models/presets.ts';
import { type Chosen, maskOf } from '../src/nn/moe.ts';
import type { Tensor } from '../src/tensor/index.ts';
import { type Bench, labels } from './backends.ts';
import type { Measurement } from './measurement.ts';
import { profile, sharesOf } from './profile.ts';
import { alternate, faster, median } from './timing.ts';
import { makeTrainer, type TrainerOptions } from './trainer.ts';

/** 2,087,552 parameters; moe's nano has 2,092,160 in all. */
const WIDE = 1016;
const ROWS = 16;
const ROUNDS = 9;
const PROFILED = 5;

export function* moe({ contenders }: Bench): Generator<Measurement> {
  const config = preset('nano', 'moe');
  for (const contender of contenders) {
    const make = (options: TrainerOptions) =>
      makeTrainer('nano', ROWS, contender.backend, undefined, options);
    const biased = make({ config: { ...config, balancing: 'bias' } });
    const everyone = make({ config });
    for (const layer of mixturesOf(everyone.model)) {
      const choose = layer.choose.bind(layer);
      Object.assign(layer, { choose: (p: Tensor): Chosen => maskOf(choose(p) as Int32Array, p) });
    }
    const dense = make({});
    const cases: Record<string, () => unknown> = {
      dense: dense.step,
      wide: make({ config: { ...preset('nano'), intermediateSize: WIDE } }).step,
      moe: make({ config }).step,
      'moe, loss': make({ config, withLayerLosses: true }).step,
      'moe, bias'() {
        biased.step();
        for (const layer of mixturesOf(biased.model)) layer.moveBias();
      },
      'moe, all compute': everyone.step,
    };
    const steps = Object.values(cases);
    const rounds = contender.wasm === null ? 3 : ROUNDS;
    const times = alternate({ rounds, warmup: 2, leastMs: 0 }, steps);
    for (const [i, name] of Object.keys(cases).entries()) {
      const measurement = {
        group: 'moe',
        name,
        ...labels(contender),
        value: (dense.tokens * 1000) / median(times[i]!),
        unit: 'tokens/s',
        ...(i === 0 ? {} : { ratios: { dense: faster(times[i]!, times[0]!) } }),
      };
      if (contender.wasm === null) {
        yield measurement;
        continue;
      }
      const { parts, calls, ms } = profile(contender.wasm, PROFILED, steps[i]!);
      const details = { 'kernels a step': calls, 'ms a step': ms / PROFILED };
      yield { ...measurement, breakdown: sharesOf(Object.entries(parts), ms), details };
    }
  }
}
