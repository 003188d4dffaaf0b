/**
 * Mixture of experts: many feed-forward parts, of which each token uses a few that a router chooses for it, and one that all
 * share.
 *
 *   g = softmax(W_r x)
 *   y = sum over the k largest of g_e SwiGLU_e(x)  +  sigmoid(w_s . x) SwiGLU_shared(x)     (Qwen2-MoE; Dai et al. 2024)
 *
 * The weights g are those of the softmax over all experts, not renormalised over the chosen: divided by their own sum, the weight
 * of a single choice would be 1 whatever the router says, and no gradient of the text would ever reach it.
 *
 * Sparse compute: the tokens of an expert are brought together, multiplied with its weights alone, weighted and added back to
 * their places; cost follows k, not E. Where memory cannot be read at once (gpu), every expert computes every token and what was
 * not chosen is weighted with 0: the same numbers. An expert without tokens gets a gradient of zeros, not none: AdamW passes over
 * parameters without a gradient, and then momentum and weight decay of an expert would stop and go with the tokens of a step on
 * one backend and not on the other.
 *
 * At the start a chosen expert weighs about 1 / E and the shared one 1 / 2. Their W_down begin E and 2 times as large as in a
 * dense part, so that each adds to the stream what such a part of its width would add: else the experts learn late
 * (docs/architectures.md).
 *
 * Balancing (load-balance.ts): by a loss, which each layer gives to the collector, or instead by a bias on the choice. The bias
 * moves after each update, by the choices of the tokens that were learned from. It is not a parameter, since
 * `Qwen2MoeForCausalLM` has no place for it: an exported model chooses without, and so does a stage that starts from one, until
 * its own bias has moved. A resumed run gets it back (`keptState`).
 * Shapes: x, y [B, T, D]; N = B T tokens, E experts, k of them per token.
 */
import {
  fromArray,
  groupedLinear,
  isRecording,
  noGrad,
  ones,
  scatterAdd,
  scatterRows,
  scope,
  type Tensor,
  zeros,
} from '../tensor/index.ts';
import type { ForwardPass } from './forward-pass.ts';
import { INITIALIZER_RANGE, type InitOptions } from './init.ts';
import { Linear } from './linear.ts';
import { balanceLoss, choicesOf, loadOf, movedBias, routerEntropy } from './load-balance.ts';
import { Module } from './module.ts';
import { chooseExperts, groupByExpert } from './routing.ts';
import { gated, SwiGLU } from './swiglu.ts';

export type Balancing = 'loss' | 'bias';

export interface MoEOptions extends InitOptions {
  readonly dim: number;
  /** E. */
  readonly experts: number;
  /** k. */
  readonly expertsPerToken: number;
  /** Width inside each expert. */
  readonly hiddenDim: number;
  /** Width inside the shared expert. */
  readonly sharedHiddenDim: number;
  readonly balancing: Balancing;
  /** Standard deviation of the first weights of W_down that a dense part would have; initializerRange by default. */
  readonly downStd?: number;
}

/** What the layer reads of a forward pass. */
export type MoEPass = Pick<ForwardPass, 'counted' | 'collect'>;

/** The experts of each token: on the host the slots [N k], on a device a mask [N, E]. */
export type Chosen = Int32Array | Tensor;

/** How far a bias moves per update, as in Wang et al. 2024. Pico, 400 updates, one seed: shares from 0.88 to 1.08 of uniform. */
const BIAS_RATE = 1e-3;

export class MoE extends Module {
  readonly gate: Linear;
  readonly experts: SwiGLU[];
  readonly sharedExpert: SwiGLU;
  readonly sharedExpertGate: Linear;
  readonly expertsPerToken: number;
  /**
   * With balancing by a bias: what is added when experts are chosen, and how often each was chosen since the last update, [E].
   */
  private readonly bias: { readonly values: Tensor; readonly choices: Tensor } | null;

  constructor(options: MoEOptions) {
    super();
    const { dim, experts, expertsPerToken, hiddenDim, sharedHiddenDim, balancing, downStd, ...init } =
      options;
    if (!(expertsPerToken >= 1 && expertsPerToken <= experts)) {
      throw new RangeError(`MoE: a token cannot go to ${expertsPerToken} of ${experts} experts`);
    }
    this.expertsPerToken = expertsPerToken;
    this.gate = new Linear(dim, experts, init);
    const part = (width: number, times: number) =>
      new SwiGLU(dim, width, { ...init, downStd: times * (downStd ?? init.std ?? INITIALIZER_RANGE) });
    this.experts = Array.from({ length: experts }, () => part(hiddenDim, experts));
    this.sharedExpert = part(sharedHiddenDim, 2);
    this.sharedExpertGate = new Linear(dim, 1, init);
    const perExpert = () => zeros([experts]).keep();
    this.bias = balancing === 'bias' ? { values: perExpert(), choices: perExpert() } : null;
  }

  forward(x: Tensor, pass: MoEPass): Tensor {
    const tokens = x.reshape([-1, x.shape.at(-1)!]); // [N, D]
    // 1. How well each expert suits each token.
    const probabilities = this.gate.forward(tokens).softmax(-1); // [N, E]
    // 2. The k that suit it best, each as much as it suits.
    const chosen = this.choose(probabilities);
    const routed =
      chosen instanceof Int32Array
        ? groupedExperts(this.experts, tokens, probabilities, chosen)
        : everyExpert(this.experts, tokens, probabilities, chosen);
    // 3. The expert of all tokens, as much of it as the token wants.
    const shared = this.sharedExpertGate.forward(tokens).sigmoid().mul(this.sharedExpert.forward(tokens));
    this.report(probabilities, chosen, pass);
    return routed.add(shared).reshape(x.shape);
  }

  /** The k experts of each token. A bias has its say here, and in nothing else. */
  choose(probabilities: Tensor): Chosen {
    const k = this.expertsPerToken;
    const scores = this.bias === null ? probabilities : noGrad(() => probabilities.add(this.bias!.values)); // just checked
    if (probabilities.backend.readSync !== undefined) {
      return chooseExperts(scores.toArray(), this.experts.length, k);
    }
    const { indices } = scores.detach().topK(k);
    return scatterAdd(scores.shape, 1, indices, ones(indices.shape, like(scores)));
  }

  override afterUpdate(): void {
    this.moveBias();
  }

  /** A little less for experts that got more than their share, a little more for the others. */
  moveBias(rate = BIAS_RATE): void {
    if (this.bias === null) return;
    const { values, choices } = this.bias;
    scope(() => {
      values.assign(movedBias(values, choices, rate));
      choices.assign(choices.mul(0));
    });
  }

  /** The bias; the choices that move it begin anew with each update, and a run is saved between two. */
  protected override ownState(): Map<string, Tensor> {
    return new Map(this.bias === null ? [] : [['choice_bias', this.bias.values]]);
  }

  /** Loss and statistics for whoever listens, and the choices that will move the bias: of tokens learned from, once each. */
  private report(probabilities: Tensor, chosen: Chosen, { counted, collect }: MoEPass): void {
    const countsChoices = this.bias !== null && isRecording();
    const numbers = collect?.wants.numbers ?? false;
    const losses = this.bias === null && (collect?.wants.losses ?? false);
    if (!countsChoices && !losses && !numbers) return;
    const N = probabilities.shape[0]!;
    const mask = chosen instanceof Int32Array ? maskOf(chosen, probabilities) : chosen; // [N, E]
    const weight = counted?.reshape([N, 1]).to(probabilities.dtype) ?? ones([N, 1], like(probabilities));
    if (losses) collect?.addLoss('balance', balanceLoss(probabilities, mask, weight));
    noGrad(() => {
      const choices = choicesOf(mask, weight);
      if (countsChoices) this.bias?.choices.assign(this.bias.choices.add(choices));
      if (!numbers) return;
      collect?.addNumbers('load', loadOf(choices));
      collect?.addNumbers('entropy', routerEntropy(probabilities, weight));
      collect?.addNumbers('dropped', weight.sum().mul(this.expertsPerToken).sub(choices.sum()));
    });
  }
}

/** Sum over the chosen of g_e SwiGLU_e(x), [N, D]: each expert computes the tokens that chose it. */
export function groupedExperts(
  experts: readonly SwiGLU[],
  tokens: Tensor,
  probabilities: Tensor,
  chosen: Int32Array,
): Tensor {
  const [N, E] = probabilities.shape as [number, number];
  const k = chosen.length / N;
  const { slots, counts } = groupByExpert(chosen, E);
  const tokenOf = slots.map((slot) => Math.floor(slot / k));
  const places = indices(tokenOf, tokens); // [N k]
  const cells = indices(
    slots.map((slot, i) => tokenOf[i]! * E + chosen[slot]!),
    tokens,
  ); // [N k], in probabilities
  const rows = tokens.embedding(places); // [N k, D], those of expert 0 first
  const weights = probabilities.reshape([N * E, 1]).embedding(cells); // [N k, 1]
  const gate = project(rows, experts, 'gateProj', counts); // [N k, F]
  const up = project(rows, experts, 'upProj', counts);
  const outputs = project(gated(gate, up), experts, 'downProj', counts); // [N k, D]
  return scatterRows(N, places, outputs.mul(weights));
}

/** Each group of rows through the same projection of its own expert. */
function project(
  rows: Tensor,
  experts: readonly SwiGLU[],
  name: 'gateProj' | 'upProj' | 'downProj',
  counts: readonly number[],
): Tensor {
  const weights = experts.map((expert) => expert[name].weight);
  return groupedLinear(rows, weights, counts);
}

function indices(values: Int32Array, { backend }: Tensor): Tensor {
  return fromArray(values, [values.length], { backend });
}

/** The same numbers without knowing on the host who goes where: every expert computes every token; chosen is the mask [N, E]. */
export function everyExpert(
  experts: readonly SwiGLU[],
  tokens: Tensor,
  probabilities: Tensor,
  chosen: Tensor,
): Tensor {
  const weights = probabilities.mul(chosen); // [N, E], 0 for those not chosen
  const parts = experts.map((expert, e) => expert.forward(tokens).mul(weights.slice(1, e, e + 1)));
  return parts.reduce((sum, part) => sum.add(part));
}

/** Slots on the host as a mask [N, E]. */
export function maskOf(chosen: Int32Array, probabilities: Tensor): Tensor {
  const [N, E] = probabilities.shape as [number, number];
  const k = chosen.length / N;
  const values = new Float32Array(N * E);
  for (const [slot, expert] of chosen.entries()) values[Math.floor(slot / k) * E + expert] = 1;
  return fromArray(values, [N, E], like(probabilities));
}

function like({ dtype, backend }: Tensor) {
  return { dtype, backend };
}
