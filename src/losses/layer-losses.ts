/**
 * Losses that layers add to that of the text: for now the balance of a mixture of experts (nn/load-balance.ts).
 *
 *   L = weight x mean over the layers                 weight: routerAuxLossCoef of the config
 *
 * `share` is the part that a micro-batch has in its optimizer step (its targets of all targets), as the loss of the text is
 * divided by the targets of the whole step: accumulated micro-batches then add up to a mean, not to a multiple.
 */
import type { ModelConfig } from '../models/config.ts';
import type { Collector } from '../nn/collector.ts';
import { stack, type Tensor } from '../tensor/index.ts';

/** To be added to the loss of the text of the same forward pass; null where no layer has a loss. */
export function layerLosses(collect: Collector, config: ModelConfig, share = 1): Tensor | null {
  const losses = collect.losses.get('balance');
  if (losses === undefined) return null;
  return stack(losses)
    .mean()
    .mul((config.routerAuxLossCoef ?? 0) * share);
}
