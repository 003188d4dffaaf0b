/**
 * Proximal policy optimisation: several updates from one set of sampled answers, each kept close to the policy that sampled them.
 *
 *   ratio  rho = p(y_t) / p_old(y_t)
 *   policy -min(rho A, clip(rho, 1 - e, 1 + e) A)                                            (Schulman et al. 2017, eq. 7)
 *   value  max((V - R)^2, (clip(V, V_old - e_v, V_old + e_v) - R)^2) / 2
 *   loss   = policy + c_v value - c_h entropy
 *
 * Once an update has raised a good token (A > 0) or lowered a bad one beyond 1 +- e, the minimum is flat and the token is left
 * alone. In the first update on fresh answers rho is exactly 1. A are the advantages, R the returns (losses/gae.ts).
 * Shapes: everything [N], one entry per answer token, the losses too; the mean over tokens is the caller's.
 */
import type { Tensor } from '../tensor/index.ts';

export interface PolicyTerms {
  readonly losses: Tensor;
  /** p / p_old */
  readonly ratios: Tensor;
  /** 1 where clipping changed the loss. */
  readonly clipped: Tensor;
}

/** The clipped surrogate of PPO, which GRPO shares. */
export function clippedPolicyLoss(
  logProbs: Tensor,
  oldLogProbs: Tensor,
  advantages: Tensor,
  clip: number,
): PolicyTerms {
  if (!(clip > 0 && clip < 1)) throw new RangeError(`PPO: clip must be between 0 and 1, got ${clip}`);
  const ratios = logProbs.sub(oldLogProbs).exp();
  const free = ratios.mul(advantages);
  const limited = ratios.clamp({ min: 1 - clip, max: 1 + clip }).mul(advantages);
  return {
    losses: free.minimum(limited).neg(),
    ratios: ratios.detach(),
    clipped: limited.detach().lt(free.detach()),
  };
}

/** Half the squared error of the values, at least that of values that moved no further than `clip`. */
export function clippedValueLoss(values: Tensor, oldValues: Tensor, returns: Tensor, clip: number): Tensor {
  if (!(clip > 0)) throw new RangeError(`PPO: the value clip must be positive, got ${clip}`);
  const near = oldValues.add(values.sub(oldValues).clamp({ min: -clip, max: clip }));
  return values.sub(returns).square().maximum(near.sub(returns).square()).mul(0.5);
}

export interface PpoOptions {
  readonly clip: number;
  readonly valueClip: number;
  readonly valueWeight: number;
  readonly entropyWeight: number;
}

export interface PpoInputs {
  readonly logProbs: Tensor;
  readonly values: Tensor;
  readonly entropies: Tensor;
  readonly oldLogProbs: Tensor;
  readonly oldValues: Tensor;
  readonly advantages: Tensor;
  readonly returns: Tensor;
}

export interface PpoLoss extends PolicyTerms {
  readonly valueLosses: Tensor;
}

export function ppoLoss(
  inputs: PpoInputs,
  { clip, valueClip, valueWeight, entropyWeight }: PpoOptions,
): PpoLoss {
  const { logProbs, values, entropies, oldLogProbs, oldValues, advantages, returns } = inputs;
  const policy = clippedPolicyLoss(logProbs, oldLogProbs, advantages, clip);
  const valueLosses = clippedValueLoss(values, oldValues, returns, valueClip);
  const acting = policy.losses.add(valueLosses.mul(valueWeight));
  const losses = entropyWeight === 0 ? acting : acting.sub(entropies.mul(entropyWeight));
  return { ...policy, losses, valueLosses: valueLosses.detach() };
}
