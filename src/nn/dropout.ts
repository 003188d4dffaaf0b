/**
 * Dropout as a layer: acts while training, passes everything through in evaluation (formula in tensor/ops/dropout.ts).
 */
import type { Random, Tensor } from '../tensor/index.ts';
import { Module } from './module.ts';

export class Dropout extends Module {
  readonly probability: number;
  private readonly random: Random;

  constructor(probability: number, random: Random) {
    super();
    this.probability = probability;
    this.random = random;
  }

  isActive(): boolean {
    return this.training && this.probability > 0;
  }

  forward(x: Tensor): Tensor {
    return this.isActive() ? x.dropout(this.probability, this.random) : x;
  }
}
