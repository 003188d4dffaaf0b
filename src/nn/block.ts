/**
 * Decoder block: attention mixes tokens, the feed-forward part works on each alone; both add to a residual stream.
 *
 *   h = x + dropout(attention(norm(x)))
 *   y = h + dropout(feedForward(norm(h)))                (pre-norm: Xiong et al. 2020)
 *
 * Normalising the input of each part, never the stream itself, leaves a straight path for gradients from loss to embedding.
 * Shapes: x, h, y [B, T, D].
 */
import type { Tensor } from '../tensor/index.ts';
import { Attention, type AttentionOptions } from './attention.ts';
import { Dropout } from './dropout.ts';
import type { ForwardPass } from './forward-pass.ts';
import { Module } from './module.ts';
import { RMSNorm } from './rmsnorm.ts';

/** What may stand in a block's second half: x [B, T, D] -> y [B, T, D]. */
export interface FeedForward extends Module {
  forward(x: Tensor, pass: ForwardPass): Tensor;
}

export interface BlockOptions extends AttentionOptions {
  readonly eps: number;
  /** Makes the feed-forward part (after attention, so that its first weights are drawn after those of attention). */
  readonly mlp: () => FeedForward;
  /** Dropout on what either part adds to the stream. */
  readonly hiddenDropout?: number;
}

export class Block extends Module {
  readonly inputLayernorm: RMSNorm;
  readonly selfAttn: Attention;
  readonly postAttentionLayernorm: RMSNorm;
  readonly mlp: FeedForward;
  private readonly dropout: Dropout;

  constructor(options: BlockOptions) {
    super();
    this.inputLayernorm = new RMSNorm(options.dim, options.eps);
    this.selfAttn = new Attention(options);
    this.postAttentionLayernorm = new RMSNorm(options.dim, options.eps);
    this.mlp = options.mlp();
    this.dropout = new Dropout(options.hiddenDropout ?? 0, options.random);
  }

  forward(x: Tensor, pass: ForwardPass): Tensor {
    const h = x.add(this.dropout.forward(this.selfAttn.forward(this.inputLayernorm.forward(x), pass)));
    return h.add(this.dropout.forward(this.mlp.forward(this.postAttentionLayernorm.forward(h), pass)));
  }
}
