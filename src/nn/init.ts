/**
 * Initial weights: normal with standard deviation 0.02, biases zero, norm gains one (as in GPT-2 and tiny-llm-zh).
 *
 * With 0.02 the logits of a fresh model are close to zero, so its first loss is close to ln V: the loss of knowing nothing.
 */
import { type Random, randn, type Shape, type Tensor } from '../tensor/index.ts';

export const INITIALIZER_RANGE = 0.02;

export interface InitOptions {
  readonly random: Random;
  readonly std?: number;
}

export function normalWeight(shape: Shape, { random, std = INITIALIZER_RANGE }: InitOptions): Tensor {
  return randn(shape, random, { std });
}
