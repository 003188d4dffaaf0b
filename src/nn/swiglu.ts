/**
 * SwiGLU: the feed-forward part of a block, with a gate.
 *
 *   y = W_down( silu(W_gate x) * (W_up x) )            (Shazeer 2020, eq. 6)
 *
 * The gate decides for each of the F hidden units how much of it passes.
 * Shapes: x [..., D], hidden [..., F], y [..., D].
 */
import { fusedFor, fusedSwiglu, type Tensor } from '../tensor/index.ts';
import type { InitOptions } from './init.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';

export interface SwiGLUOptions extends InitOptions {
  /** Standard deviation of the first weights of W_up, if it has its own. */
  readonly upStd?: number;
  /** The same for W_down. */
  readonly downStd?: number | undefined;
}

export class SwiGLU extends Module {
  readonly gateProj: Linear;
  readonly upProj: Linear;
  readonly downProj: Linear;

  constructor(dim: number, hiddenDim: number, { upStd, downStd, ...init }: SwiGLUOptions) {
    super();
    this.gateProj = new Linear(dim, hiddenDim, init);
    this.upProj = new Linear(dim, hiddenDim, upStd === undefined ? init : { ...init, std: upStd });
    this.downProj = new Linear(hiddenDim, dim, downStd === undefined ? init : { ...init, std: downStd });
  }

  forward(x: Tensor): Tensor {
    const gate = this.gateProj.forward(x); // [..., F]
    const up = this.upProj.forward(x);
    return this.downProj.forward(gated(gate, up));
  }
}

/** The hidden units: silu(gate) * up. */
export function gated(gate: Tensor, up: Tensor): Tensor {
  const fused = fusedFor(gate);
  return fused ? fusedSwiglu(fused, gate, up) : gate.silu().mul(up);
}
