/**
 * KV cache: keys and values of the tokens seen so far, so that decoding one more token costs one token, not the whole text.
 *
 * A causal model never changes its mind about the past: the keys and values of earlier tokens do not depend on later ones. Memory
 * for the full context is taken once; each step writes its T new columns in place and reads a view of what is filled.
 * Shapes: per layer keys and values [B, K, capacity, d]. Decoding only: nothing here is recorded for gradients.
 */
import { type Tensor, zeros } from '../tensor/index.ts';

export interface KVCacheOptions {
  readonly layers: number;
  readonly batch: number;
  readonly kvHeads: number;
  readonly capacity: number;
  readonly headDim: number;
}

export class KVCache {
  readonly capacity: number;
  /** Tokens every layer has stored. */
  length = 0;
  private readonly layers: { readonly keys: Tensor; readonly values: Tensor }[];

  constructor({ layers, batch, kvHeads, capacity, headDim }: KVCacheOptions) {
    this.capacity = capacity;
    const empty = () => zeros([batch, kvHeads, capacity, headDim]).keep();
    this.layers = Array.from({ length: layers }, () => ({ keys: empty(), values: empty() }));
  }

  /** Store T new keys and values [B, K, T, d] of one layer; returns views of everything stored, new ones included. */
  append(layer: number, keys: Tensor, values: Tensor): { keys: Tensor; values: Tensor } {
    const end = this.length + keys.shape[2]!;
    if (end > this.capacity) {
      throw new RangeError(`KV cache: ${end} tokens do not fit into a context of ${this.capacity}`);
    }
    const store = this.layers[layer]!;
    store.keys.slice(2, this.length, end).assign(keys);
    store.values.slice(2, this.length, end).assign(values);
    return { keys: store.keys.slice(2, 0, end), values: store.values.slice(2, 0, end) };
  }

  /** Called once a step, after all layers have appended their T tokens. */
  advance(tokens: number): void {
    this.length += tokens;
  }

  dispose(): void {
    for (const { keys, values } of this.layers) {
      keys.dispose();
      values.dispose();
    }
  }
}
