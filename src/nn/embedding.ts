/**
 * Embedding: a table with one learned vector for each token of the vocabulary.
 *
 * Looking a row up is multiplying a one-hot vector with the table, without the multiplications; hence its gradient is a
 * scatter: each row collects the gradients of all places where its token stood.
 * Shapes: ids [B, T] int32, table [V, D], y [B, T, D].
 */
import type { Tensor } from '../tensor/index.ts';
import { type InitOptions, normalWeight } from './init.ts';
import { Module, type Parameter } from './module.ts';

export class Embedding extends Module {
  readonly weight: Parameter;

  constructor(vocabSize: number, dim: number, options: InitOptions) {
    super();
    this.weight = this.parameter(normalWeight([vocabSize, dim], options));
  }

  forward(ids: Tensor): Tensor {
    return this.weight.embedding(ids); // [B, T, D]
  }

  /** The same table used the other way round, as the output layer of a tied model: h [..., D] -> logits [..., V]. */
  unembed(hidden: Tensor): Tensor {
    return hidden.matmul(this.weight.transpose());
  }
}
