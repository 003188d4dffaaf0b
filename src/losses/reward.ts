/**
 * Pairwise logistic loss of the reward model: of two answers to one question, the chosen one should get the larger reward.
 *
 *   L = -log sigmoid(r_c - r_r - m) + c (r_c + r_r)^2
 *
 * The first term is Bradley and Terry's (1952) model of comparisons, as in Ouyang et al. 2022, eq. 1; the margin m asks for more
 * distance where people were surer (Touvron et al. 2023, eq. 2). Comparisons leave the zero of the rewards open: centring c pulls
 * it to the middle of the pair (Eisenstein et al. 2023), so that rewards of different questions can be compared.
 * Shapes: chosen, rejected, losses [P], one entry per pair.
 */
import type { Tensor } from '../tensor/index.ts';

export interface RewardLossOptions {
  /** Distance asked for: one number, or one per pair [P]. */
  readonly margin?: Tensor | number;
  /** Weight of the centring term; 0.01 is usual. */
  readonly centring?: number;
}

export interface RewardLoss {
  readonly losses: Tensor;
  /** r_c - r_r */
  readonly margins: Tensor;
  /** 1 where the chosen answer got the larger reward. */
  readonly wins: Tensor;
}

export function rewardLoss(
  chosen: Tensor,
  rejected: Tensor,
  { margin = 0, centring = 0 }: RewardLossOptions = {},
): RewardLoss {
  const margins = chosen.sub(rejected);
  const comparison = margins.sub(margin).logSigmoid().neg();
  const losses = centring === 0 ? comparison : comparison.add(chosen.add(rejected).square().mul(centring));
  return { losses, margins: margins.detach(), wins: margins.detach().gt(0) };
}
