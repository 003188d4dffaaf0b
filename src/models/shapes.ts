/**
 * Names and shapes of parameters without the parameters: the model itself is made, but of tensors that have no values.
 */
import type { Module } from '../nn/module.ts';
import { Random, type Shape, withoutMemory } from '../tensor/index.ts';
import { architectureOf } from './architectures/index.ts';
import { CausalLM } from './causal-lm.ts';
import type { ModelConfig } from './config.ts';

/** Name and shape of every parameter of the module that `make` makes, in the order of its fields. */
export function shapesOf(make: () => Module): Map<string, Shape> {
  const parameters = withoutMemory(() => make().namedParameters());
  return new Map([...parameters].map(([name, { shape }]) => [name, shape]));
}

/** Exact number of parameters of a language model, without allocating them. */
export function parameterCount(config: ModelConfig): number {
  return withoutMemory(() => new CausalLM(config, new Random(0)).parameterCount());
}

/** Those of them that the work for one token uses: all but the experts that it does not go to. */
export function activeParameterCount(config: ModelConfig): number {
  return parameterCount(config) - (architectureOf(config).idleParameters?.(config) ?? 0);
}
