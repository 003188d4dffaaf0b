/**
 * The loss of pretraining and SFT: masked cross-entropy, and what layers add to it (the balance of a router, in a mixture of experts).
 */
import { maskedCrossEntropy } from '../losses/cross-entropy.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Batch } from './batch.ts';
import type { LossWithParts } from './supervised.ts';

/** The loss of micro-batches of a step whose targets are `total` in number. */
export function languageLoss(model: CausalLM): (batch: Batch, total: number) => Tensor | LossWithParts {
  return (batch, total) => maskedCrossEntropy(model, batch, total);
}
