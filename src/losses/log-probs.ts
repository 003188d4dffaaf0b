/**
 * Log-probabilities of answers: what DPO, PPO and GRPO are made of.
 *
 *   log p(y_t | x, y_<t) = logit[y_t] - logSumExp(logits)              one number per token of the answer, `</s>` included
 *   log p(y | x)         = their sum over the answer
 *
 * Only the positions that predict an answer token go through the output layer, and of their V log-probabilities only the one that
 * is wanted is stored (cross-entropy row by row), so memory is one [N, V] of logits and nothing for questions and filler.
 * Shapes: B rows of T tokens hold A answers with N tokens in all.
 */
import type { CausalLM } from '../models/causal-lm.ts';
import { scatterAdd, type Tensor } from '../tensor/index.ts';
import type { MaskedTargets } from './cross-entropy.ts';

export interface AnswerBatch extends MaskedTargets {
  /** Number of answers. */
  readonly answers: number;
  /** Which answer each target belongs to [N] int32. */
  readonly owners: Tensor;
  /** Place of the last token of each answer in the flattened batch [A] int32. */
  readonly ends: Tensor;
}

/** Log-probability of every answer token [N]. */
export function tokenLogProbs(model: CausalLM, batch: AnswerBatch): Tensor {
  return logProbsOf(model.logitsAt(batch.ids, batch.targetRows, batch.options), batch.targets);
}

/** Log-probability of every answer [A]. */
export function answerLogProbs(model: CausalLM, batch: AnswerBatch): Tensor {
  return sumByAnswer(tokenLogProbs(model, batch), batch);
}

/** logits [N, V] at the targets [N] -> [N] */
export function logProbsOf(logits: Tensor, targets: Tensor): Tensor {
  return logits.crossEntropy(targets, { reduction: 'none' }).neg();
}

/** One number per token [N], added up for each answer [A]. */
export function sumByAnswer(
  values: Tensor,
  { answers, owners }: Pick<AnswerBatch, 'answers' | 'owners'>,
): Tensor {
  return scatterAdd([answers], 0, owners, values);
}

/** How undecided each choice is, in nats: H = - sum_v p_v log p_v. logits [N, V] -> [N] */
export function entropies(logits: Tensor): Tensor {
  const logProbs = logits.logSoftmax();
  return logProbs.exp().mul(logProbs).sum(-1).neg();
}
