/**
 * Estimates of the Kullback-Leibler divergence KL(p | q) from tokens drawn from p, one number per token.
 *
 *   k1 = log p - log q             no bias, but noisy, and negative for half of the tokens
 *   k3 = q/p - 1 - log(q/p)        no bias either, never negative, less noise      (Schulman 2020, "Approximating KL divergence")
 *
 * Added up over an answer they tell how far the policy has moved from the reference. PPO puts k1 into the reward, where it has to
 * be linear, and reports k3; GRPO puts k3 into the loss.
 * Shapes: everything [N].
 */
import type { Tensor } from '../tensor/index.ts';

export function k1(logProbs: Tensor, reference: Tensor): Tensor {
  return logProbs.sub(reference);
}

export function k3(logProbs: Tensor, reference: Tensor): Tensor {
  const logRatio = reference.sub(logProbs);
  return logRatio.exp().sub(1).sub(logRatio);
}
