/**
 * Reward model: the decoder with one number in place of the output layer. How good is this answer?
 *
 *   r(x, y) = hidden(last token of the answer) . w                      (Ouyang et al. 2022, section 3.5)
 *
 * The last token is the `</s>` that ends the answer: the only place that has seen all of it. It is found by its place, which the
 * batch knows, and never by searching for a padding id, which breaks as soon as padding and `</s>` are the same token. Weights
 * are named as in Transformers' `...ForSequenceClassification` with one label.
 * Shapes: ids [B, T] int32, ends [A] int32 (places in the flattened batch, several answers may share a row), rewards [A].
 */
import { Linear } from '../nn/linear.ts';
import { Module } from '../nn/module.ts';
import { formatShape, type Random, type Tensor } from '../tensor/index.ts';
import type { CausalLM } from './causal-lm.ts';
import { checkConfig } from './check-config.ts';
import type { ModelConfig } from './config.ts';
import { Decoder, type DecoderOptions } from './decoder.ts';

export class RewardModel extends Module {
  readonly model: Decoder;
  readonly score: Linear;
  readonly config: ModelConfig;

  constructor(config: ModelConfig, random: Random) {
    super();
    this.config = checkConfig(config, 'reward model config');
    this.model = new Decoder(config, random);
    this.score = new Linear(config.hiddenSize, 1, { random, std: config.initializerRange });
  }

  forward(ids: Tensor, ends: Tensor, options: DecoderOptions = {}): Tensor {
    if (ends.rank !== 1)
      throw new RangeError(`RewardModel: ends must be [A], got ${formatShape(ends.shape)}`);
    const hidden = this.model.forward(ids, options).reshape([-1, this.config.hiddenSize]); // [B T, D]
    return this.score.forward(hidden.indexSelect(0, ends)).squeeze(-1); // [A]
  }
}

/** A reward model that starts from what a language model knows; the head is new. */
export function rewardModelFrom(language: CausalLM, random: Random): RewardModel {
  const reward = new RewardModel(language.config, random);
  const known = language.model.namedParameters();
  // One architecture, one list of names.
  for (const [name, parameter] of reward.model.namedParameters()) parameter.assign(known.get(name)!);
  return reward;
}
