/**
 * Causal self-attention with several heads (MHA), or with fewer key-value heads than query heads (GQA).
 *
 *   softmax(Q K^T / sqrt(d) + mask) V         (Vaswani et al. 2017, eq. 1; GQA: Ainslie et al. 2023)
 *
 * Each of the K key-value heads serves G = H / K query heads; MHA is G = 1. The query heads are grouped as [K, G], and K and V
 * get an axis of length 1 in place of G, so broadcasting shares them without copying.
 * Shapes: x [B, T, D]; Q [B, K, G, T, d]; K, V [B, K, 1, S, d]; scores [B, K, G, T, S]; y [B, T, D]. S = T without a cache.
 */
import { fusedAttention, fusedFor, type Random, type Tensor } from '../tensor/index.ts';
import { Dropout } from './dropout.ts';
import type { ForwardPass } from './forward-pass.ts';
import { INITIALIZER_RANGE } from './init.ts';
import type { Remembered } from './kv-cache.ts';
import { Linear } from './linear.ts';
import { attentionMask, hiddenBehind, MASKED } from './mask.ts';
import { Module } from './module.ts';
import { applyRope, type RopeLayout } from './rope.ts';

export interface AttentionOptions {
  readonly dim: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Bias on q, k and v (never on the output projection). */
  readonly bias: boolean;
  readonly dropout: number;
  readonly ropeLayout: RopeLayout;
  readonly random: Random;
  readonly std?: number;
  /** Standard deviation of the output projection's first weights, if it has its own. */
  readonly outputStd?: number;
}

export class Attention extends Module {
  readonly qProj: Linear;
  readonly kProj: Linear;
  readonly vProj: Linear;
  readonly oProj: Linear;
  private readonly dropout: Dropout;
  private readonly options: AttentionOptions;

  constructor(options: AttentionOptions) {
    super();
    const { dim, heads, kvHeads, headDim, bias, random } = options;
    if (heads % kvHeads !== 0) {
      throw new RangeError(`Attention: ${heads} query heads cannot share ${kvHeads} key-value heads evenly`);
    }
    this.options = options;
    const { std = INITIALIZER_RANGE, outputStd = std } = options;
    const init = { random, std };
    this.qProj = new Linear(dim, heads * headDim, { ...init, bias });
    this.kProj = new Linear(dim, kvHeads * headDim, { ...init, bias });
    this.vProj = new Linear(dim, kvHeads * headDim, { ...init, bias });
    this.oProj = new Linear(heads * headDim, dim, { random, std: outputStd });
    this.dropout = new Dropout(options.dropout, random);
  }

  forward(x: Tensor, pass: ForwardPass): Tensor {
    const { heads: H, kvHeads: K, headDim: d, ropeLayout } = this.options;
    // 1. Queries, keys and values; positions enter queries and keys only.
    const q = applyRope(toHeads(this.qProj.forward(x), H, d), pass.rope, ropeLayout);
    const k = applyRope(toHeads(this.kProj.forward(x), K, d), pass.rope, ropeLayout);
    const v = toHeads(this.vProj.forward(x), K, d);

    // 2. Those of earlier tokens, where a cache has them.
    const remembered = pass.remember(k, v);

    // 3. For each token a weighted mean of the values it may see.
    const mixed = this.mix(q, remembered, pass); // [B, T, H d]

    // 4. Heads into one vector.
    return this.oProj.forward(mixed); // [B, T, D]
  }

  /** softmax(Q K^T / sqrt(d) + mask) V with the heads side by side, [B, T, H d]: in one kernel, or by the formula. */
  private mix(q: Tensor, { keys: k, values: v, past }: Remembered, { mask, collect }: ForwardPass): Tensor {
    const [B, H, T, d] = q.shape as [number, number, number, number];
    const isCaptured = collect?.wants.attention ?? false;
    const fused = this.dropout.isActive() || isCaptured ? null : fusedFor(q);
    const S = k.shape[2]!;
    if (fused) {
      const scale = 1 / Math.sqrt(d);
      if (past === null || fused.storeTokens !== undefined)
        return fusedAttention(fused, { q, k, v, mask, past, scale });
      return fusedAttention(fused, { q, k, v, mask: hiddenBehind(past, S, q.dtype), past: null, scale });
    }
    const hidden =
      past === null ? (mask ?? attentionMask({ queries: T, keys: S })) : hiddenBehind(past, S, q.dtype);
    const shares = this.shares(q, k, hidden); // [B, K, G, T, S]
    if (isCaptured) collect?.capture('attention', shares.reshape([B, H, T, -1]));
    const mixed = this.dropout.forward(shares).matmul(v.unsqueeze(2)); // [B, K, G, T, d]
    return mixed
      .reshape([B, H, T, d])
      .transpose(1, 2)
      .reshape([B, T, H * d]);
  }

  /** How well each query fits each key it may see, as shares that add up to 1. Scaling q is cheaper than scaling T x S scores. */
  private shares(q: Tensor, k: Tensor, mask: Tensor | null): Tensor {
    const [B, H, T, d] = q.shape as [number, number, number, number];
    const K = this.options.kvHeads;
    const queries = q.mul(1 / Math.sqrt(d)).reshape([B, K, H / K, T, d]);
    const scores = queries.matmul(k.unsqueeze(2).transpose()); // [B, K, G, T, S]
    return (mask === null ? scores : scores.maskedFill(mask, MASKED)).softmax(-1);
  }
}

/** [B, T, n d] seen as [B, n, T, d]: every head on its own. */
function toHeads(x: Tensor, n: number, d: number): Tensor {
  return x.reshape([x.shape[0]!, x.shape[1]!, n, d]).transpose(1, 2);
}
