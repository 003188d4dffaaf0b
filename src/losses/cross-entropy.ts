/**
 * Masked cross-entropy: the loss of pretraining and of instruction tuning.
 *
 *   L = - (1 / N) sum over the N counted targets of log p(target | what precedes it)
 *
 * In pretraining every token is a target; in instruction tuning only the tokens of the answer and its `</s>`. Only their
 * positions go through the output layer. `total` is the number of targets of the whole optimizer step: dividing each
 * micro-batch by it (not by its own count) makes accumulated gradients equal those of one large batch.
 */
import type { CausalLM } from '../models/causal-lm.ts';
import type { DecoderOptions } from '../models/decoder.ts';
import {
  fusedFor,
  fusedLinearCrossEntropy,
  IGNORE_INDEX,
  isRecording,
  type Tensor,
} from '../tensor/index.ts';

export interface MaskedTargets {
  readonly ids: Tensor; // [B, T] int32
  readonly options?: DecoderOptions;
  readonly targetRows: Tensor; // [N] int32, places in the flattened batch
  readonly targets: Tensor; // [N] int32
  /** Targets that count, where some of the N are ignored. */
  readonly count?: number;
}

export function maskedCrossEntropy(
  model: CausalLM,
  batch: MaskedTargets,
  total = batch.count ?? batch.targets.size,
): Tensor {
  const fused = isRecording() ? fusedFor(model.outputWeight) : null;
  if (fused) {
    const hidden = model.hiddenAt(batch.ids, batch.targetRows, batch.options); // [N, D]
    return fusedLinearCrossEntropy(fused, hidden, model.outputWeight, batch.targets, IGNORE_INDEX).div(total);
  }
  const logits = model.logitsAt(batch.ids, batch.targetRows, batch.options); // [N, V]
  return logits.crossEntropy(batch.targets, { reduction: 'sum' }).div(total);
}
