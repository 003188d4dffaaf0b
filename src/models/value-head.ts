/**
 * Value head: what reward is still to be expected, at every token of an answer. PPO's baseline.
 *
 *   V(x, y_<t) = hidden_t . w + b
 *
 * It reads the hidden states of the policy itself, so that policy and value cost one forward pass; the value loss is weighted
 * down because both now share a body. It starts at zero everywhere: the first advantages are then the plain returns, not noise.
 * Shapes: hidden [N, D], values [N].
 */
import { Linear } from '../nn/linear.ts';
import { Module } from '../nn/module.ts';
import { Random, type Tensor } from '../tensor/index.ts';
import type { CausalLM } from './causal-lm.ts';

export class ValueHead extends Module {
  readonly summary: Linear;

  constructor(dim: number) {
    super();
    this.summary = new Linear(dim, 1, { random: new Random(0), std: 0, bias: true });
  }

  forward(hidden: Tensor): Tensor {
    return this.summary.forward(hidden).squeeze(-1); // [N]
  }
}

/** The policy and its value head as one module, for one optimizer and one gradient norm. */
export class PolicyWithValue extends Module {
  readonly policy: CausalLM;
  readonly vHead: ValueHead;

  constructor(policy: CausalLM) {
    super();
    this.policy = policy;
    this.vHead = new ValueHead(policy.config.hiddenSize);
  }
}
