/**
 * The transformer without its output layer: token ids in, one vector for each position out.
 *
 *   embedding -> L blocks -> final norm
 *
 * Shapes: ids [B, T] int32, hidden states [B, T, D].
 */
import { Block } from '../nn/block.ts';
import { Embedding } from '../nn/embedding.ts';
import { KVCache } from '../nn/kv-cache.ts';
import { attentionMask } from '../nn/mask.ts';
import { Module } from '../nn/module.ts';
import { RMSNorm } from '../nn/rmsnorm.ts';
import { RopeTable } from '../nn/rope.ts';
import { checkpoint, formatShape, type Random, type Tensor } from '../tensor/index.ts';
import { headDim, type ModelConfig } from './config.ts';

export interface DecoderOptions {
  /** Position of every token [B, T] int32; 0, 1, 2, ... (after what the cache holds) by default. */
  readonly positions?: Tensor | undefined;
  /** Filler tokens in front of each row of the batch. */
  readonly leftPadding?: readonly number[] | undefined;
  /** Document number of every token of each row: tokens see their own document only. */
  readonly documents?: readonly ArrayLike<number>[] | undefined;
  /** Keys and values of earlier tokens; this pass adds its own. */
  readonly cache?: KVCache | undefined;
}

export class Decoder extends Module {
  readonly embedTokens: Embedding;
  readonly layers: Block[];
  readonly norm: RMSNorm;
  private readonly rope: RopeTable;
  /** Keep only the input of each block during training and compute its inside again for the gradient: less memory, more time. */
  checkpointing = false;
  private readonly random: Random;
  private readonly config: ModelConfig;

  constructor(config: ModelConfig, random: Random) {
    super();
    this.config = config;
    this.random = random;
    const init = { random, std: config.initializerRange };
    this.embedTokens = new Embedding(config.vocabSize, config.hiddenSize, init);
    this.layers = Array.from({ length: config.numHiddenLayers }, () => {
      return new Block({
        dim: config.hiddenSize,
        hiddenDim: config.intermediateSize,
        heads: config.numAttentionHeads,
        kvHeads: config.numKeyValueHeads,
        headDim: headDim(config),
        bias: true,
        dropout: config.attentionDropout,
        ropeLayout: 'half',
        eps: config.rmsNormEps,
        ...init,
      });
    });
    this.norm = new RMSNorm(config.hiddenSize, config.rmsNormEps);
    this.rope = new RopeTable(headDim(config), config.maxPositionEmbeddings, config.ropeTheta);
  }

  forward(ids: Tensor, { positions, leftPadding, documents, cache }: DecoderOptions = {}): Tensor {
    if (ids.rank !== 2)
      throw new RangeError(`Decoder: expected token ids [B, T], got ${formatShape(ids.shape)}`);
    const T = ids.shape[1]!;
    const past = cache?.length ?? 0;
    const rope = positions === undefined ? this.rope.consecutive(past, T) : this.rope.at(positions);
    const mask = attentionMask({
      queries: T,
      keys: past + T,
      ...(leftPadding === undefined ? {} : { leftPadding }),
      ...(documents === undefined ? {} : { documents }),
    });
    let x = this.embedTokens.forward(ids); // [B, T, D]
    for (const [layer, block] of this.layers.entries()) {
      const context = { rope, mask, cache };
      if (!this.checkpointing || cache !== undefined) x = block.forward(x, context, layer);
      else x = checkpoint((h) => block.forward(h, context, layer), x, this.random);
    }
    cache?.advance(T);
    return this.norm.forward(x);
  }

  /** Where each token looks, for pictures: attention weights [B, H, T, T] of every layer. */
  attentionWeights(ids: Tensor): Tensor[] {
    const T = ids.shape[1]!;
    const context = { rope: this.rope.consecutive(0, T), mask: attentionMask({ queries: T, keys: T }) };
    let x = this.embedTokens.forward(ids); // [B, T, D]
    return this.layers.map((block, layer) => {
      const weights = block.selfAttn.weights(block.inputLayernorm.forward(x), context);
      x = block.forward(x, context, layer);
      return weights;
    });
  }

  /** An empty cache for `batch` texts of up to the whole context. */
  newCache(batch: number, capacity = this.config.maxPositionEmbeddings): KVCache {
    return new KVCache({
      layers: this.config.numHiddenLayers,
      batch,
      kvHeads: this.config.numKeyValueHeads,
      headDim: headDim(this.config),
      capacity,
    });
  }
}
