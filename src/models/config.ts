/**
 * The numbers that define a model. Names and meanings are Hugging Face's, in camelCase here and in snake_case on disk.
 *
 * The first part is common to all architectures; the optional fields belong to those that name them in `ownFields`
 * (models/architectures). What a config must fulfil is in check-config.ts.
 */
import type { Balancing } from '../nn/moe.ts';

export interface ModelConfig {
  /** Name of the architecture (models/architectures/index.ts has the list). */
  readonly arch: string;
  /** V, rows of the embedding table. */
  readonly vocabSize: number;
  /** D, width of the residual stream. */
  readonly hiddenSize: number;
  /** F, width inside the feed-forward part. */
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  /** H, query heads. */
  readonly numAttentionHeads: number;
  /** K, key-value heads; H / K query heads share one. */
  readonly numKeyValueHeads: number;
  /** Longest text in tokens. */
  readonly maxPositionEmbeddings: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** One table for embedding and output layer. */
  readonly tieWordEmbeddings: boolean;
  /** Dropout on the shares of attention. */
  readonly attentionDropout: number;
  readonly initializerRange: number;

  /** Dropout on the embeddings and on what attention and the feed-forward part add to the stream. */
  readonly hiddenDropout?: number;

  /** E, experts of which each token uses some. */
  readonly numExperts?: number;
  /** k, how many it uses. */
  readonly numExpertsPerTok?: number;
  /** Width inside each of them. */
  readonly moeIntermediateSize?: number;
  /** Width inside the expert that all tokens use. */
  readonly sharedExpertIntermediateSize?: number;
  /** Weight of the balance loss beside the loss of the text. */
  readonly routerAuxLossCoef?: number;
  /** What keeps all experts at work: a loss, or a bias on their choice. */
  readonly balancing?: Balancing;
}

/** d, width of one head. */
export function headDim(config: ModelConfig): number {
  return config.hiddenSize / config.numAttentionHeads;
}
