/**
 * Decoder block: attention mixes tokens, the feed-forward part works on each alone; both add to a residual stream.
 *
 *   h = x + attention(norm(x))
 *   y = h + feedForward(norm(h))                         (pre-norm: Xiong et al. 2020)
 *
 * Normalising the input of each part, never the stream itself, leaves a straight path for gradients from loss to embedding.
 * Shapes: x, h, y [B, T, D].
 */
import type { Tensor } from '../tensor/index.ts';
import { Attention, type AttentionContext, type AttentionOptions } from './attention.ts';
import { INITIALIZER_RANGE } from './init.ts';
import { Module } from './module.ts';
import { RMSNorm } from './rmsnorm.ts';
import { SwiGLU } from './swiglu.ts';

export interface BlockOptions extends AttentionOptions {
  readonly hiddenDim: number;
  readonly eps: number;
}

export class Block extends Module {
  readonly inputLayernorm: RMSNorm;
  readonly selfAttn: Attention;
  readonly postAttentionLayernorm: RMSNorm;
  readonly mlp: SwiGLU;

  constructor(options: BlockOptions) {
    super();
    this.inputLayernorm = new RMSNorm(options.dim, options.eps);
    this.selfAttn = new Attention(options);
    this.postAttentionLayernorm = new RMSNorm(options.dim, options.eps);
    const { random, std = INITIALIZER_RANGE } = options;
    this.mlp = new SwiGLU(options.dim, options.hiddenDim, { random, std });
  }

  forward(x: Tensor, context: AttentionContext, layer: number): Tensor {
    const h = x.add(this.selfAttn.forward(this.inputLayernorm.forward(x), context, layer));
    return h.add(this.mlp.forward(this.postAttentionLayernorm.forward(h)));
  }
}
