/**
 * Causal self-attention with several heads (MHA), or with fewer key-value heads than query heads (GQA).
 *
 *   softmax(Q K^T / sqrt(d) + mask) V         (Vaswani et al. 2017, eq. 1; GQA: Ainslie et al. 2023)
 *
 * Each of the K key-value heads serves G = H / K query heads; MHA is G = 1. The query heads are grouped as [K, G], and K and V get
 * an axis of length 1 in place of G, so broadcasting shares them without copying.
 * Shapes: x [B, T, D]; Q [B, K, G, T, d]; K, V [B, K, 1, S, d]; scores [B, K, G, T, S]; y [B, T, D]. S = T without a cache.
 */
import { fusedAttention, fusedFor, type Random, type Tensor } from '../tensor/index.ts';
import { Dropout } from './dropout.ts';
import type { KVCache } from './kv-cache.ts';
import { Linear } from './linear.ts';
import { MASKED } from './mask.ts';
import { Module } from './module.ts';
import { applyRope, type RopeAngles, type RopeLayout } from './rope.ts';

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
}

/** What all layers share in one forward pass. */
export interface AttentionContext {
  readonly rope: RopeAngles;
  /** 1 where a query may not look, [1 or B, 1, 1, T, S]; null if nothing is hidden. */
  readonly mask: Tensor | null;
  readonly cache?: KVCache | undefined;
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
    const init = { random, ...(options.std === undefined ? {} : { std: options.std }) };
    this.qProj = new Linear(dim, heads * headDim, { ...init, bias });
    this.kProj = new Linear(dim, kvHeads * headDim, { ...init, bias });
    this.vProj = new Linear(dim, kvHeads * headDim, { ...init, bias });
    this.oProj = new Linear(heads * headDim, dim, init);
    this.dropout = new Dropout(options.dropout, random);
  }

  forward(x: Tensor, { rope, mask, cache }: AttentionContext, layer: number): Tensor {
    const [B, T] = x.shape as [number, number, number];
    const { heads: H, kvHeads: K, headDim: d, ropeLayout } = this.options;
    // 1. Queries, keys and values; positions enter queries and keys only.
    const q = applyRope(toHeads(this.qProj.forward(x), H, d), rope, ropeLayout);
    let k = applyRope(toHeads(this.kProj.forward(x), K, d), rope, ropeLayout);
    let v = toHeads(this.vProj.forward(x), K, d);
    if (cache !== undefined) ({ keys: k, values: v } = cache.append(layer, k, v));

    const fused = this.dropout.isActive() ? null : fusedFor(x);
    if (fused) return this.oProj.forward(fusedAttention(fused, { q, k, v, mask, scale: 1 / Math.sqrt(d) }));

    // 2. How well each query fits each key it may see, as shares.
    const weights = this.dropout.forward(this.shares(q, k, mask));

    // 3. A weighted mean of the values, heads side by side again.
    const mixed = weights.matmul(v.unsqueeze(2)).reshape([B, H, T, d]);
    return this.oProj.forward(mixed.transpose(1, 2).reshape([B, T, H * d])); // [B, T, D]
  }

  /** Where each token looks, [B, H, T, T]: the shares by which `forward` mixes the values, for pictures (no cache, no dropout). */
  weights(x: Tensor, { rope, mask }: AttentionContext): Tensor {
    const [B, T] = x.shape as [number, number, number];
    const { heads: H, kvHeads: K, headDim: d, ropeLayout } = this.options;
    const q = applyRope(toHeads(this.qProj.forward(x), H, d), rope, ropeLayout);
    const k = applyRope(toHeads(this.kProj.forward(x), K, d), rope, ropeLayout);
    return this.shares(q, k, mask).reshape([B, H, T, T]);
  }

  /** softmax(Q K^T / sqrt(d) + mask), [B, K, G, T, S]. Scaling q is cheaper than scaling T x S scores. */
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
