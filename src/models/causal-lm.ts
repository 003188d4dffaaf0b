/**
 * Causal language model: the decoder, and a layer that scores every token of the vocabulary as the next one.
 *
 *   logits = hidden W^T       W is the embedding table itself in a tied model, else a table of its own
 *
 * Shapes: ids [B, T] int32, logits [B, T, V].
 */
import { Linear } from '../nn/linear.ts';
import { Module, type Parameter } from '../nn/module.ts';
import { formatShape, type Random, type Tensor } from '../tensor/index.ts';
import { checkConfig } from './check-config.ts';
import type { ModelConfig } from './config.ts';
import { Decoder, type DecoderOptions } from './decoder.ts';

export class CausalLM extends Module {
  readonly model: Decoder;
  readonly lmHead: Linear | null;
  readonly config: ModelConfig;

  constructor(config: ModelConfig, random: Random) {
    super();
    this.config = checkConfig(config, 'model config');
    this.model = new Decoder(config, random);
    this.lmHead = config.tieWordEmbeddings
      ? null
      : new Linear(config.hiddenSize, config.vocabSize, { random, std: config.initializerRange });
  }

  forward(ids: Tensor, options: DecoderOptions = {}): Tensor {
    return this.logits(this.model.forward(ids, options));
  }

  /** Scores of all tokens for hidden states of any leading shape [..., D] -> [..., V]. */
  logits(hidden: Tensor): Tensor {
    return this.lmHead === null ? this.model.embedTokens.unembed(hidden) : this.lmHead.forward(hidden);
  }

  /** The table [V, D] whose products with hidden states are the logits. */
  get outputWeight(): Parameter {
    return this.lmHead === null ? this.model.embedTokens.weight : this.lmHead.weight;
  }

  /**
   * Logits only where a loss will look: rows `positions` [N] (int32, counted over B x T) of the flattened batch -> [N, V].
   * In instruction tuning most positions are the question, and the output layer is a large part of a small model.
   */
  logitsAt(ids: Tensor, positions: Tensor, options: DecoderOptions = {}): Tensor {
    return this.logits(this.hiddenAt(ids, positions, options));
  }

  /** Final hidden states at the same places -> [N, D]. */
  hiddenAt(ids: Tensor, positions: Tensor, options: DecoderOptions = {}): Tensor {
    if (positions.rank !== 1)
      throw new RangeError(`hiddenAt: positions must be [N], got ${formatShape(positions.shape)}`);
    const hidden = this.model.forward(ids, options);
    return hidden.reshape([-1, this.config.hiddenSize]).indexSelect(0, positions);
  }
}
