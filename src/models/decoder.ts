/**
 * The transformer without its output layer: token ids in, one vector for each position out.
 *
 *   embedding -> L blocks -> final norm
 *
 * What a block looks like is the architecture's business (models/architectures); here it is only a layer after another.
 *
 * Shapes: ids [B, T] int32, hidden states [B, T, D].
 */
import type { Block } from '../nn/block.ts';
import { checkpointed } from '../nn/checkpointed.ts';
import type { Collector } from '../nn/collector.ts';
import { Dropout } from '../nn/dropout.ts';
import { Embedding } from '../nn/embedding.ts';
import { ForwardPass } from '../nn/forward-pass.ts';
import { KVCache } from '../nn/kv-cache.ts';
import { attentionMask, countedTokens } from '../nn/mask.ts';
import { Module } from '../nn/module.ts';
import { RMSNorm } from '../nn/rmsnorm.ts';
import { type RopeAngles, RopeTable } from '../nn/rope.ts';
import { formatShape, fromArray, type Random, type Tensor } from '../tensor/index.ts';
import { architectureOf } from './architectures/index.ts';
import { headDim, type ModelConfig } from './config.ts';

export interface DecoderOptions {
  /** Position of every token [B, T] int32; 0, 1, 2, ... (after what the cache holds) by default. */
  readonly positions?: Tensor | undefined;
  /** Filler tokens in front of each row of the batch. */
  readonly leftPadding?: readonly number[] | undefined;
  /** Document number of every token of each row: tokens see their own document only. */
  readonly documents?: readonly ArrayLike<number>[] | undefined;
  /** Which of several continuations of its document each token belongs to, 0 for what they share: they do not see each other. */
  readonly branches?: readonly ArrayLike<number>[] | undefined;
  /** Keys and values of earlier tokens; this pass adds its own. */
  readonly cache?: KVCache | undefined;
  /**
   * Which tokens of this pass count, for the losses and statistics of layers: 0 for filler, anything else for a token, one row
   * for each row of the batch. Said by whoever made the rows: document numbers cannot tell (0 is filler in a batch of answers,
   * and the first document in a pretraining row). `leftPadding` never counts.
   */
  readonly counted?: readonly ArrayLike<number>[] | undefined;
  /** What the caller wants to hear from the layers. */
  readonly collect?: Collector | undefined;
}

export class Decoder extends Module {
  readonly embedTokens: Embedding;
  readonly layers: Block[];
  readonly norm: RMSNorm;
  private readonly embedDropout: Dropout;
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
    this.embedDropout = new Dropout(config.hiddenDropout ?? 0, random);
    const architecture = architectureOf(config);
    this.layers = Array.from({ length: config.numHiddenLayers }, () => architecture.block(config, random));
    this.norm = new RMSNorm(config.hiddenSize, config.rmsNormEps);
    this.rope = new RopeTable(headDim(config), config.maxPositionEmbeddings, config.ropeTheta);
  }

  forward(ids: Tensor, options: DecoderOptions = {}): Tensor {
    if (ids.rank !== 2)
      throw new RangeError(`Decoder: expected token ids [B, T], got ${formatShape(ids.shape)}`);
    const { cache } = options;
    const pass = this.pass(ids, options);
    let x = this.embedDropout.forward(this.embedTokens.forward(ids)); // [B, T, D]
    for (const [layer, block] of this.layers.entries()) {
      if (this.checkpointing && cache === undefined) x = checkpointed(block, x, pass.at(layer), this.random);
      else x = block.forward(x, pass.at(layer));
    }
    cache?.advance(ids.shape[1]!);
    return this.norm.forward(x);
  }

  /** What all layers share while they work on `ids`. */
  private pass(ids: Tensor, options: DecoderOptions): ForwardPass {
    const { positions, leftPadding, documents, branches, cache, counted, collect } = options;
    const [B, T] = ids.shape as [number, number];
    const past = cache?.length ?? 0;
    const filler = leftPadding === undefined ? {} : { leftPadding };
    const isPlain =
      documents === undefined && branches === undefined && !leftPadding?.some((count) => count > 0);
    return new ForwardPass({
      rope: this.angles(B, T, positions, cache),
      mask: isPlain
        ? null // the future is hidden anyway
        : attentionMask({
            queries: T,
            keys: past + T,
            ...filler,
            ...(documents === undefined ? {} : { documents }),
            ...(branches === undefined ? {} : { branches }),
          }),
      cache,
      counted: countedTokens({ rows: B, tokens: T, past, counted, ...filler }),
      collect,
    });
  }

  private angles(
    B: number,
    T: number,
    positions: Tensor | undefined,
    cache: KVCache | undefined,
  ): RopeAngles {
    if (positions !== undefined) return this.rope.at(positions);
    if (cache === undefined || !cache.isRagged) return this.rope.consecutive(cache?.length ?? 0, T);
    const next = Int32Array.from({ length: B * T }, (_, i) => cache.lengths[Math.floor(i / T)]! + (i % T));
    return this.rope.at(fromArray(next, [B, T]));
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
