/**
 * Masked cross-entropy: the loss of pretraining and of instruction tuning.
 *
 *   L = - (1 / N) sum over the N counted targets of log p(target | what precedes it)
 *   L = - sum w_n log p_n / sum w_n                                                       where they count differently
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
  /** How much the targets count in all, where some of the N are ignored or count less. */
  readonly count?: number;
  /** Where not all count 1: the first `size` targets count `weight` each, and so on; what is left over is ignored. */
  readonly groups?: readonly TargetGroup[];
}

/** Targets side by side that count alike. */
export interface TargetGroup {
  readonly weight: number;
  readonly size: number;
}

export function maskedCrossEntropy(
  model: CausalLM,
  batch: MaskedTargets,
  total = batch.count ?? batch.targets.size,
): Tensor {
  const fused = isRecording() ? fusedFor(model.outputWeight) : null;
  if (fused) {
    const hidden = model.hiddenAt(batch.ids, batch.targetRows, batch.options); // [N, D]
    const loss = (rows: Tensor, targets: Tensor) =>
      fusedLinearCrossEntropy(fused, rows, model.outputWeight, targets, IGNORE_INDEX);
    return inGroups(batch, hidden, loss).div(total);
  }
  const logits = model.logitsAt(batch.ids, batch.targetRows, batch.options); // [N, V]
  return inGroups(batch, logits, (rows, targets) => rows.crossEntropy(targets, { reduction: 'sum' })).div(
    total,
  );
}

/** The sum of a loss over all targets, each group of them by its weight. */
function inGroups(
  { groups, targets }: MaskedTargets,
  rows: Tensor, // [N, D] or [N, V]
  loss: (rows: Tensor, targets: Tensor) => Tensor,
): Tensor {
  if (groups === undefined) return loss(rows, targets);
  let start = 0;
  const parts = groups.map(({ weight, size }) => {
    const end = start + size;
    const part = loss(rows.slice(0, start, end), targets.slice(0, start, end)).mul(weight);
    start = end;
    return part;
  });
  return parts.reduce((sum, part) => sum.add(part));
}
