/**
 * RMSNorm: rescale each token's vector to unit root-mean-square, then by a learned gain.
 *
 *   y = x / sqrt(mean(x^2) + eps) * weight          (Zhang & Sennrich 2019, eq. 4)
 *
 * Unlike LayerNorm it subtracts no mean and has no bias: one reduction less, and nothing lost in practice.
 * Shapes: x [..., D], weight [D], y [..., D].
 */
import { fusedFor, fusedRmsNorm, ones, type Tensor } from '../tensor/index.ts';
import { Module, type Parameter } from './module.ts';

export class RMSNorm extends Module {
  readonly weight: Parameter;
  readonly eps: number;

  constructor(dim: number, eps = 1e-6) {
    super();
    this.weight = this.parameter(ones([dim]));
    this.eps = eps;
  }

  forward(x: Tensor): Tensor {
    const fused = fusedFor(x);
    if (fused) return fusedRmsNorm(fused, x, this.weight, this.eps);
    const meanSquare = x.square().mean(-1, { keepDim: true }); // [..., 1]
    return x.mul(meanSquare.add(this.eps).rsqrt()).mul(this.weight); // [..., D]
  }
}
