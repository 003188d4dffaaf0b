/**
 * AdamW: Adam with weight decay applied to the weights themselves, not mixed into the gradient.
 *
 *   m <- b1 m + (1 - b1) g           running mean of the gradient
 *   v <- b2 v + (1 - b2) g^2         running mean of its square
 *   p <- p - lr ( m^ / (sqrt(v^) + eps) + wd p )        m^ = m / (1 - b1^t), v^ = v / (1 - b2^t)
 *
 * (Loshchilov & Hutter 2019, algorithm 2.) Decay pulls unused weights to zero. That makes sense for matrices; norm gains and
 * biases are left alone, since zero is not their neutral value, and so is the embedding unless asked for: its rare rows would
 * fade between two occurrences of their token.
 */
import type { Module, Parameter } from '../nn/module.ts';
import { type AdamWTarget, type Backend, type Tensor, zeros } from '../tensor/index.ts';

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Also decay the embedding table (default false). */
  readonly decayEmbeddings?: boolean;
}

interface Slot {
  readonly parameter: Parameter;
  readonly decays: boolean;
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
}

export class AdamW {
  /** Updates made so far. */
  step = 0;
  private readonly options: AdamWOptions;
  private readonly slots = new Map<string, Slot>();

  constructor(model: Module, options: AdamWOptions) {
    this.options = options;
    for (const [name, parameter] of model.namedParameters()) {
      if (!parameter.requiresGrad) continue;
      const like = { dtype: parameter.dtype, backend: parameter.backend };
      const moment = () => zeros(parameter.shape, like).keep();
      const decays = decaysByName(name, parameter, options.decayEmbeddings ?? false);
      this.slots.set(name, { parameter, decays, firstMoment: moment(), secondMoment: moment() });
    }
  }

  /** One update from the gradients that `backward()` left; parameters without a gradient stay as they are. */
  update(learningRate: number, gradientScale = 1): void {
    this.step++;
    const { beta1, beta2, eps, weightDecay } = this.options;
    const targets: AdamWTarget[] = [];
    let backend: Backend | null = null;
    for (const { parameter, decays, firstMoment, secondMoment } of this.slots.values()) {
      if (parameter.grad === null) continue;
      backend = parameter.backend;
      targets.push({
        parameter: parameter.view,
        gradient: parameter.grad.view,
        firstMoment: firstMoment.view,
        secondMoment: secondMoment.view,
        weightDecay: decays ? weightDecay : 0,
      });
    }
    backend?.adamw(targets, { step: this.step, learningRate, beta1, beta2, eps, gradientScale });
  }

  /** Both moments of every parameter, under the names `NAME.exp_avg` and `NAME.exp_avg_sq` (as PyTorch calls them). */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [name, { firstMoment, secondMoment }] of this.slots) {
      state.set(`${name}.exp_avg`, firstMoment);
      state.set(`${name}.exp_avg_sq`, secondMoment);
    }
    return state;
  }

  /** Continue from a saved state after `step` updates. */
  loadState(state: ReadonlyMap<string, Tensor>, step: number): void {
    const known = this.state();
    const foreign = [...state.keys()].find((name) => !known.has(name));
    if (foreign !== undefined) throw new Error(`the moments are of another model, with "${foreign}"`);
    for (const [name, own] of known) {
      const saved = state.get(name);
      if (saved === undefined) throw new Error(`the moments have no "${name}"`);
      own.assign(saved);
    }
    this.step = step;
  }
}

function decaysByName(name: string, parameter: Parameter, decayEmbeddings: boolean): boolean {
  if (name.endsWith('embed_tokens.weight')) return decayEmbeddings;
  return parameter.rank >= 2;
}
