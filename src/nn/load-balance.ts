/**
 * Load balance: keeping all experts of a mixture at work. Left alone, a router soon sends everything to the few that learned
 * first.
 *
 *   by a loss   L = E sum over e of f_e P_e         f_e the share of the choices that fell on e, P_e the mean probability of e
 *               (Fedus et al. 2022, eq. 4 to 6). Only P has a gradient: the more tokens e got, the more it is pushed down.
 *   by a bias   b_e <- b_e + rate sign(1 / E - f_e)     added to the scores when experts are chosen, never to the weights
 *               (Wang et al. 2024, "Auxiliary-loss-free load balancing"): no gradient that works against that of the text.
 *
 * f sums to 1 whatever k is, so L is 1 for uniform routing and does not grow with k (Transformers adds up the shares of the k
 * slots, which gives k times that). Filler does not count.
 * Shapes: N tokens, E experts; probabilities and chosen (1 where a token goes to an expert, else 0) [N, E], counted (0 for
 * filler) [N, 1].
 */
import type { Tensor } from '../tensor/index.ts';

/** How often each expert was chosen by tokens that count, [E]. */
export function choicesOf(chosen: Tensor, counted: Tensor): Tensor {
  return chosen.mul(counted).sum(0);
}

/** Choices [E] as shares of all; zeros, not NaN, where there are none. */
export function loadOf(choices: Tensor): Tensor {
  return choices.div(choices.sum().maximum(1));
}

/** E sum f P: 1 for uniform routing, E if every token goes to the same expert with all of its probability. */
export function balanceLoss(probabilities: Tensor, chosen: Tensor, counted: Tensor): Tensor {
  const load = loadOf(choicesOf(chosen, counted)); // f [E]
  const mean = probabilities.mul(counted).sum(0).div(counted.sum().maximum(1)); // P [E]
  return load.mul(mean).sum().mul(load.size);
}

/** Mean entropy of the router's distributions, in nats: 0 if it is always sure, ln E if it never prefers any. */
export function routerEntropy(probabilities: Tensor, counted: Tensor): Tensor {
  const entropy = probabilities.mul(probabilities.add(1e-30).log()).sum(-1, { keepDim: true }).neg(); // 0 ln 0 = 0
  return entropy.mul(counted).sum().div(counted.sum().maximum(1));
}

/** The bias [E] after an update in which the experts were chosen so often [E]. */
export function movedBias(bias: Tensor, choices: Tensor, rate: number): Tensor {
  const uniform = choices.mean();
  return bias.add(choices.lt(uniform).sub(choices.gt(uniform)).mul(rate));
}
