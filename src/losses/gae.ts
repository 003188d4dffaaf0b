/**
 * Generalised advantage estimation: how much better each token turned out than the value head expected.
 *
 *   delta_t = r_t + gamma V_(t+1) - V_t             V after the last token is 0: the answer is over
 *   A_t     = delta_t + gamma lambda A_(t+1)        (Schulman et al. 2016, eq. 16, summed from the end)
 *   R_t     = A_t + V_t                             what the value head should have said
 *
 * lambda = 1 compares with the whole rest of the answer (A = sum of rewards - V: no bias, much noise), lambda = 0 with the next
 * value only. Answers are short and rewarded at the end, so gamma is usually 1. Plain numbers in float64: rollouts are on the
 * host anyway, and nothing is differentiated here. Shapes: everything [T], the tokens of one answer.
 */
export interface GaeOptions {
  readonly gamma: number;
  readonly lambda: number;
}

export interface Advantages {
  readonly advantages: Float64Array;
  readonly returns: Float64Array;
}

export function generalizedAdvantages(
  rewards: ArrayLike<number>,
  values: ArrayLike<number>,
  { gamma, lambda }: GaeOptions,
): Advantages {
  const T = rewards.length;
  if (values.length !== T) throw new RangeError(`GAE: ${T} rewards but ${values.length} values`);
  const advantages = new Float64Array(T);
  const returns = new Float64Array(T);
  let next = 0; // A_(t+1)
  for (let t = T - 1; t >= 0; t--) {
    const following = t + 1 < T ? values[t + 1]! : 0;
    next = rewards[t]! + gamma * following - values[t]! + gamma * lambda * next;
    advantages[t] = next;
    returns[t] = next + values[t]!;
  }
  return { advantages, returns };
}

/** Mean 0 and standard deviation 1, so that one clip range and one learning rate fit rewards of any size. All equal: all 0. */
export function whiten(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  let variance = 0;
  for (let i = 0; i < n; i++) variance += (values[i]! - mean) ** 2 / n;
  const scale = 1 / Math.sqrt(variance + 1e-8);
  return Float64Array.from({ length: n }, (_, i) => (values[i]! - mean) * scale);
}
