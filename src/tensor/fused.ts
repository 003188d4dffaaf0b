/**
 * Fused kernels: what a backend may offer besides the plain ones, for speed.
 *
 * Each equals a composition of plain ops, which is what the layers spell out and what the tests hold these to, values and
 * gradients. A backend without them (`reference`) runs the compositions. float32 only.
 *
 * Letters: N rows, D width, F hidden width, V vocabulary; B batch, H heads, K key-value heads, T queries, S keys, d head width.
 */
import type { Data } from './dtype.ts';
import type { View } from './view.ts';

export interface AttentionViews {
  readonly q: View; // [B, H, T, d]
  readonly k: View; // [B, K, S, d]
  readonly v: View; // [B, K, S, d]
  /** [1 or B, 1, 1, T, S], 1 where hidden; null where only the future is hidden. */
  readonly mask: View | null;
  /**
   * Keys before the one query of each row [B] int32, where they differ: row b sees keys 0 .. past[b], and what is behind is not
   * its own. Only for backends that have `storeTokens`.
   */
  readonly past?: View | null;
  readonly scale: number;
}

export interface FusedKernels {
  /** x [N, D] -> y, and the factor 1 / rms of each row. */
  rmsNorm(x: View, weight: View, eps: number): { y: Data; scales: Data };
  rmsNormAdjoint(x: View, weight: View, scales: View, dy: View): { dx: Data; dWeight: Data };

  /**
   * x [B, H, T, d] turned by angles cos, sin [1 or B, 1, T, d/2] (half-split pairs), or back with `inverse`. Row-major result.
   */
  rope(x: View, cos: View, sin: View, inverse: boolean): Data;

  /** silu(gate) * up */
  swiglu(gate: View, up: View): Data;
  swigluAdjoint(gate: View, up: View, dy: View): { dGate: Data; dUp: Data };

  /**
   * x [N, in] times weight [out, in] transposed, plus bias. `tokens` is how many rows of x follow each other in one text (T):
   * with one token of each a row's result may not depend, to the last bit, on how many rows there are.
   */
  linear(x: View, weight: View, bias: View | null, tokens?: number): Data;

  /**
   * The next token of each row of logits [N, V], and its log-probability (NaN where a logit of the row is not finite): the most
   * likely one, the first of several, or with `draws` [N] (whole numbers u 2^32 in int32) the one into which u falls when the
   * probabilities are laid end to end. A backend without it leaves this to generation/next-tokens.ts.
   */
  nextTokens?(logits: View, draws: View | null): { ids: Data; logProbs: Data };

  /** One token of each row, tokens [B, K, 1, d], into column starts[b] (int32) of cache [B, K, capacity, d]. */
  storeTokens?(cache: View, tokens: View, starts: View): void;

  /** Causal attention; y is [B, T, H, d] row-major, logSums [B, H, T]. */
  attention(views: AttentionViews): { y: Data; logSums: Data };
  attentionAdjoint(views: AttentionViews, y: View, logSums: View, dy: View): { dq: Data; dk: Data; dv: Data };

  /**
   * Cross-entropy of hidden [N, D] x weight [V, D] transposed, without storing the logits: loss of each row, and the gradients
   * of the sum of all losses (computed on the way, since the logits are at hand only then).
   */
  linearCrossEntropy(
    hidden: View,
    weight: View,
    targets: View,
    ignoreIndex: number,
  ): { losses: Data; dHidden: Data; dWeight: Data };
}
