/**
 * Group-relative policy optimisation: PPO without a value head. Several answers to one question are each other's baseline.
 *
 *   A_i = (r_i - mean of the group) / (standard deviation of the group + 1e-4)         the same for every token of answer i
 *   L   = -min(rho A, clip(rho) A) + beta k3(p | p_ref)                                (Shao et al. 2024, eq. 3 and 4)
 *
 * The gradient of k3, taken as it stands on tokens drawn from p, is that of KL(p_ref | p) and not of the KL(p | p_ref) it
 * estimates: GRPO keeps alive what the reference says more than PPO does, and its optimum is another one
 * (tests/losses/bandit.test.ts writes both down). A group in which all answers earn the same teaches nothing: its advantages are
 * 0. Averaging gives the same weight to every answer whatever its length ('answer', as published, which makes long bad answers
 * cheap per token) or to every token ('token').
 * Shapes: rewards and advantages have one entry per answer (groups side by side); tensors [N] have one entry per answer token.
 */
import type { Tensor } from '../tensor/index.ts';
import { k3 } from './kl.ts';
import { clippedPolicyLoss, type PolicyTerms } from './ppo.ts';

/** Advantages of A answers in groups of `size`; `scaled: false` leaves out the division (Liu et al. 2025). */
export function groupAdvantages(
  rewards: ArrayLike<number>,
  size: number,
  { scaled = true }: { readonly scaled?: boolean } = {},
): Float64Array {
  if (!(Number.isInteger(size) && size >= 2))
    throw new RangeError(`GRPO: a group needs at least 2 answers to compare, got ${size}`);
  if (rewards.length % size !== 0)
    throw new RangeError(`GRPO: ${rewards.length} answers do not fill groups of ${size}`);
  const advantages = new Float64Array(rewards.length);
  for (let start = 0; start < rewards.length; start += size) {
    let mean = 0;
    for (let i = start; i < start + size; i++) mean += rewards[i]! / size;
    let variance = 0;
    for (let i = start; i < start + size; i++) variance += (rewards[i]! - mean) ** 2 / size;
    const scale = scaled ? 1 / (Math.sqrt(variance) + 1e-4) : 1;
    for (let i = start; i < start + size; i++) advantages[i] = (rewards[i]! - mean) * scale;
  }
  return advantages;
}

/** How much each token counts, all together 1. `lengths`: tokens of each answer, in the order of the batch. */
export function tokenWeights(lengths: readonly number[], average: 'answer' | 'token'): Float64Array {
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const weights = new Float64Array(tokens);
  let at = 0;
  for (const length of lengths) {
    weights.fill(average === 'token' ? 1 / tokens : 1 / (lengths.length * length), at, at + length);
    at += length;
  }
  return weights;
}

export interface GrpoInputs {
  readonly logProbs: Tensor;
  readonly oldLogProbs: Tensor;
  readonly referenceLogProbs: Tensor;
  readonly advantages: Tensor;
}

export interface GrpoOptions {
  readonly clip: number;
  /** Weight of the divergence from the reference. */
  readonly beta: number;
}

export interface GrpoLoss extends PolicyTerms {
  /** k3 of each token. */
  readonly divergences: Tensor;
}

export function grpoLoss(inputs: GrpoInputs, { clip, beta }: GrpoOptions): GrpoLoss {
  const policy = clippedPolicyLoss(inputs.logProbs, inputs.oldLogProbs, inputs.advantages, clip);
  const divergences = k3(inputs.logProbs, inputs.referenceLogProbs);
  return {
    ...policy,
    losses: beta === 0 ? policy.losses : policy.losses.add(divergences.mul(beta)),
    divergences: divergences.detach(),
  };
}
