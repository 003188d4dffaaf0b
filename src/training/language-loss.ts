/**
 * The loss of pretraining and SFT: masked cross-entropy, and what layers add to it.
 *
 *   L = cross-entropy + coefficient * mean over layers of their balance loss                          (nn/load-balance.ts)
 *
 * Only a mixture of experts adds anything. The balance is learned beside the loss of the text, not counted in it: losses of dense
 * and sparse models can be compared. It is not asked for where nothing is learned (held-out text). Statistics of the router go
 * into the metrics:
 *
 *   balance (1: uniform), routerEntropy, load0, load1, ... (shares of the choices, means over layers), leastLoad (the expert of
 *     any layer
 *   that is chosen least, as a share of a uniform one), dropped (choices that no expert computed: 0)
 */
import { maskedCrossEntropy } from '../losses/cross-entropy.ts';
import { layerLosses } from '../losses/layer-losses.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { Collector } from '../nn/collector.ts';
import { isRecording, noGrad, stack, type Tensor } from '../tensor/index.ts';
import type { Batch } from './batch.ts';
import type { LossWithParts } from './supervised.ts';

/** The loss of the micro-batches of a step whose targets are `total` in number. */
export function languageLoss(model: CausalLM): (batch: Batch, total: number) => Tensor | LossWithParts {
  const { config } = model;
  const { numExperts } = config;
  if (numExperts === undefined) return (batch, total) => maskedCrossEntropy(model, batch, total);
  return (batch, total) => {
    if (!isRecording()) return maskedCrossEntropy(model, batch, total);
    const collect = new Collector({ losses: true, numbers: true });
    const loss = maskedCrossEntropy(model, { ...batch, options: { ...batch.options, collect } }, total);
    const share = batch.count / total; // of the step, as the targets of this micro-batch are of all
    const added = layerLosses(collect, config, share);
    const parts = noGrad(() => routerParts(collect, numExperts, share));
    return { loss, parts, ...(added === null ? {} : { added }) };
  };
}

/** What the routers of all layers did, counted by the share of this micro-batch. */
function routerParts({ losses, numbers }: Collector, experts: number, share: number): Record<string, Tensor> {
  const loads = numbers.get('load') ?? []; // [E] each
  const load = meanOf(loads);
  const each = Array.from(
    { length: experts },
    (_, e) => [`load${e}`, load.slice(0, e, e + 1).squeeze(0)] as const,
  );
  const balance = losses.get('balance'); // absent where a bias keeps the balance
  const parts: Record<string, Tensor> = {
    ...(balance === undefined ? {} : { balance: meanOf(balance) }),
    routerEntropy: meanOf(numbers.get('entropy')),
    ...Object.fromEntries(each),
    leastLoad: stack(loads).reshape([-1]).min(0).mul(experts),
    dropped: meanOf(numbers.get('dropped')),
  };
  return Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, value.mul(share)]));
}

function meanOf(values: readonly Tensor[] | undefined): Tensor {
  if (values === undefined || values.length === 0)
    throw new TypeError('No layer of this model with experts reported on its router');
  return values.reduce((sum, value) => sum.add(value)).div(values.length);
}
