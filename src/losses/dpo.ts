/**
 * Direct preference optimisation: learn from pairs without a reward model, because the policy is one.
 *
 *   h = [log p(y_c) - log p(y_r)] - [log p_ref(y_c) - log p_ref(y_r)]
 *   sigmoid   L = -(1 - e) log sigmoid(beta h) - e log sigmoid(-beta h)      (Rafailov et al. 2023, eq. 7; e: label smoothing,
 *                                                                            Mitchell 2023, "conservative DPO")
 *   ipo       L = (h - 1 / (2 beta))^2                                       (Azar et al. 2023, eq. 17; beta is their tau)
 *
 * log p(y) is the sum over the answer's tokens, `</s>` included. The implicit reward of an answer is beta (log p - log p_ref).
 * Before the first update policy and reference agree, so h = 0 and the sigmoid loss is ln 2 for every pair. The loss sees only
 * the difference: the likelihood of the chosen answers may fall as long as that of the rejected ones falls faster, which is why
 * both are returned.
 * Shapes: everything [P], one entry per pair.
 */
import type { Tensor } from '../tensor/index.ts';

/** Log-probabilities of both answers of each pair. */
export interface PairLogProbs {
  readonly chosen: Tensor;
  readonly rejected: Tensor;
}

export interface DpoOptions {
  /** How strongly the policy is held to the reference: 0.1 lets it go far, 0.5 keeps it near. */
  readonly beta: number;
  /** Share of pairs assumed to be labelled the wrong way round; below 0.5. Only for the sigmoid loss. */
  readonly labelSmoothing?: number;
  readonly kind?: 'sigmoid' | 'ipo';
}

export interface DpoLoss {
  readonly losses: Tensor;
  readonly chosenRewards: Tensor;
  readonly rejectedRewards: Tensor;
  /** Difference of the two rewards, beta h. */
  readonly margins: Tensor;
  /** 1 where the margin is positive. */
  readonly wins: Tensor;
  readonly chosenLogProbs: Tensor;
  readonly rejectedLogProbs: Tensor;
}

export function dpoLoss(
  policy: PairLogProbs,
  reference: PairLogProbs,
  { beta, labelSmoothing = 0, kind = 'sigmoid' }: DpoOptions,
): DpoLoss {
  if (!(beta > 0)) throw new RangeError(`dpoLoss: beta must be positive, got ${beta}`);
  if (!(labelSmoothing >= 0 && labelSmoothing < 0.5))
    throw new RangeError(`dpoLoss: label smoothing must be from 0 to below 0.5, got ${labelSmoothing}`);
  const gains = {
    chosen: policy.chosen.sub(reference.chosen),
    rejected: policy.rejected.sub(reference.rejected),
  };
  const h = gains.chosen.sub(gains.rejected);
  const margins = h.detach().mul(beta);
  return {
    losses: kind === 'ipo' ? h.sub(1 / (2 * beta)).square() : logistic(h.mul(beta), labelSmoothing),
    chosenRewards: gains.chosen.detach().mul(beta),
    rejectedRewards: gains.rejected.detach().mul(beta),
    margins,
    wins: margins.gt(0),
    chosenLogProbs: policy.chosen.detach(),
    rejectedLogProbs: policy.rejected.detach(),
  };
}

function logistic(x: Tensor, smoothing: number): Tensor {
  const right = x.logSigmoid().neg();
  if (smoothing === 0) return right;
  return right.mul(1 - smoothing).sub(x.neg().logSigmoid().mul(smoothing));
}
