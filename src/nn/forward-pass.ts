/**
 * What all layers share in one forward pass: the angles of the positions, who may see whom, what is remembered, and who listens.
 *
 *   pass = new ForwardPass({ rope, mask, cache, counted, collect })        made once by the decoder
 *   layer n:   y = block.forward(x, pass.at(n))                             the same pass, as layer n sees it
 *
 * Shapes: B rows, T tokens of this pass, S tokens seen (S = T without a cache), K key-value heads, d head width.
 */
import type { Tensor } from '../tensor/index.ts';
import type { Collector } from './collector.ts';
import type { KVCache, Remembered } from './kv-cache.ts';
import type { RopeAngles } from './rope.ts';

export interface PassOptions {
  readonly rope: RopeAngles;
  /** 1 where a query may not look, [1 or B, 1, 1, T, S]; null if nothing is hidden but the future. */
  readonly mask: Tensor | null;
  /** Keys and values of earlier tokens, of all layers. */
  readonly cache?: KVCache | null | undefined;
  /** 1 for a token that counts, 0 for filler, [B, T]; null if all count. For losses and statistics of layers. */
  readonly counted?: Tensor | null;
  /** What the caller wants to hear. */
  readonly collect?: Collector | null | undefined;
}

export class ForwardPass {
  readonly rope: RopeAngles;
  readonly mask: Tensor | null;
  readonly counted: Tensor | null;
  readonly collect: Collector | null;
  private readonly cache: KVCache | null;
  private readonly layer: number;

  constructor({ rope, mask, cache, counted, collect }: PassOptions, layer = 0) {
    this.rope = rope;
    this.mask = mask;
    this.cache = cache ?? null;
    this.counted = counted ?? null;
    this.collect = collect ?? null;
    this.layer = layer;
  }

  /** The same pass as layer n sees it. */
  at(layer: number): ForwardPass {
    return this.with(layer, this.collect);
  }

  /** The same pass with another listener. */
  heardBy(collect: Collector): ForwardPass {
    return this.with(this.layer, collect);
  }

  private with(layer: number, collect: Collector | null): ForwardPass {
    const { rope, mask, cache, counted } = this;
    return new ForwardPass({ rope, mask, cache, counted, collect }, layer);
  }

  /** Keys and values [B, K, T, d] of this layer, stored; returns them with those of all earlier tokens [B, K, S, d]. */
  remember(keys: Tensor, values: Tensor): Remembered {
    return this.cache === null ? { keys, values, past: null } : this.cache.append(this.layer, keys, values);
  }
}
