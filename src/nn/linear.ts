/**
 * Linear: y = x W^T + b.
 *
 * The weight is stored [out, in], one row for each output, as every checkpoint format does; the transpose is a view.
 * Shapes: x [..., in], W [out, in], b [out], y [..., out].
 */
import { fusedFor, fusedLinear, type Tensor, zeros } from '../tensor/index.ts';
import { type InitOptions, normalWeight } from './init.ts';
import { Module, type Parameter } from './module.ts';

export interface LinearOptions extends InitOptions {
  readonly bias?: boolean;
}

export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(inputs: number, outputs: number, options: LinearOptions) {
    super();
    this.weight = this.parameter(normalWeight([outputs, inputs], options));
    this.bias = options.bias ? this.parameter(zeros([outputs])) : null;
  }

  forward(x: Tensor): Tensor {
    const fused = fusedFor(x);
    if (fused) return fusedLinear(fused, x, this.weight, this.bias);
    const y = x.matmul(this.weight.transpose()); // [..., out]
    return this.bias === null ? y : y.add(this.bias);
  }
}
