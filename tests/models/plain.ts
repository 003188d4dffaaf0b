/**
 * The three architectures once more, in plain loops over arrays, from the formulas and from nothing in src but the names of the
 * parameters. Every number of a config that a forward pass depends on is used here by its own hand, so a config that src does not
 * listen to gives other logits.
 */
import type { CausalLM } from '../../src/models/causal-lm.ts';
import type { ModelConfig } from '../../src/models/config.ts';

type Vector = readonly number[];

interface Weights {
  /** Row `row` of a matrix [rows, columns], or all of a vector. */
  row(name: string, row: number, columns: number): Vector;
  vector(name: string): Vector;
  has(name: string): boolean;
}

/** Logits [T][V] of one text. */
export function plainLogits(model: CausalLM, ids: readonly number[]): number[][] {
  const { config } = model;
  const weights = weightsOf(model);
  const D = config.hiddenSize;
  let stream: Vector[] = ids.map((id) => weights.row('model.embed_tokens.weight', id, D));
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const at = `model.layers.${layer}.`;
    const normed = (name: string) =>
      stream.map((x) => rmsNorm(x, weights.vector(`${at}${name}.weight`), config.rmsNormEps));
    const mixed = attention(normed('input_layernorm'), `${at}self_attn.`, weights, config);
    stream = stream.map((x, t) => add(x, mixed[t]!));
    const inner = normed('post_attention_layernorm');
    stream = stream.map((x, t) => add(x, feedForward(inner[t]!, `${at}mlp.`, weights, config)));
  }
  const head = config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
  return stream.map((x) => {
    const last = rmsNorm(x, weights.vector('model.norm.weight'), config.rmsNormEps);
    return Array.from({ length: config.vocabSize }, (_, v) => dot(weights.row(head, v, D), last));
  });
}

function weightsOf(model: CausalLM): Weights {
  const arrays = new Map([...model.namedParameters()].map(([name, tensor]) => [name, [...tensor.toArray()]]));
  const vector = (name: string) => {
    const found = arrays.get(name);
    if (found === undefined) throw new Error(`no weight ${name}`);
    return found;
  };
  const row = (name: string, i: number, columns: number) =>
    vector(name).slice(i * columns, (i + 1) * columns);
  return { row, vector, has: (name) => arrays.has(name) };
}

const dot = (a: Vector, b: Vector) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const add = (a: Vector, b: Vector) => a.map((x, i) => x + b[i]!);
const scale = (a: Vector, s: number) => a.map((x) => x * s);

function rmsNorm(x: Vector, gain: Vector, eps: number): Vector {
  const rms = Math.sqrt(dot(x, x) / x.length + eps);
  return x.map((value, i) => (value / rms) * gain[i]!);
}

/** y = W x + b; b only where the model has one. */
function linear(x: Vector, name: string, weights: Weights): Vector {
  const rows = weights.vector(`${name}.weight`).length / x.length;
  const y = Array.from({ length: rows }, (_, r) => dot(weights.row(`${name}.weight`, r, x.length), x));
  return weights.has(`${name}.bias`) ? add(y, weights.vector(`${name}.bias`)) : y;
}

function softmax(x: Vector): Vector {
  const max = Math.max(...x);
  const e = x.map((value) => Math.exp(value - max));
  return scale(e, 1 / e.reduce((a, b) => a + b, 0));
}

function attention(x: readonly Vector[], at: string, weights: Weights, config: ModelConfig): Vector[] {
  const { numAttentionHeads: H, numKeyValueHeads: K } = config;
  const d = config.hiddenSize / H;
  const heads = (name: string, count: number, turned: boolean) =>
    x.map((row, position) => {
      const all = linear(row, `${at}${name}`, weights);
      return Array.from({ length: count }, (_, h) => {
        const head = all.slice(h * d, (h + 1) * d);
        return turned ? rotate(head, position, config) : head;
      });
    });
  const [q, k, v] = [heads('q_proj', H, true), heads('k_proj', K, true), heads('v_proj', K, false)];
  return x.map((_, t) => {
    const joined = Array.from({ length: H }, (_, h) => {
      const shared = Math.floor(h / (H / K));
      const shares = softmax(k.slice(0, t + 1).map((key) => dot(key[shared]!, q[t]![h]!) / Math.sqrt(d)));
      return shares.map((share, s) => scale(v[s]![shared]!, share)).reduce(add);
    });
    return linear(joined.flat(), `${at}o_proj`, weights);
  });
}

/** Pair j turns by position x theta^(-2j/d): coordinates j and j + d/2, in llama2's memory 2j and 2j + 1. */
function rotate(x: Vector, position: number, { ropeTheta, arch }: ModelConfig): Vector {
  const y = [...x];
  const half = x.length / 2;
  for (let j = 0; j < half; j++) {
    const [a, b] = arch === 'llama2' ? [2 * j, 2 * j + 1] : [j, j + half];
    const angle = position / ropeTheta ** ((2 * j) / x.length);
    y[a] = x[a]! * Math.cos(angle) - x[b]! * Math.sin(angle);
    y[b] = x[a]! * Math.sin(angle) + x[b]! * Math.cos(angle);
  }
  return y;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function swiglu(x: Vector, at: string, weights: Weights): Vector {
  const gate = linear(x, `${at}gate_proj`, weights);
  const up = linear(x, `${at}up_proj`, weights);
  return linear(
    gate.map((g, i) => g * sigmoid(g) * up[i]!),
    `${at}down_proj`,
    weights,
  );
}

function feedForward(x: Vector, at: string, weights: Weights, config: ModelConfig): Vector {
  if (config.arch !== 'moe') return swiglu(x, at, weights);
  const shares = softmax(linear(x, `${at}gate`, weights));
  const best = shares.map((share, e) => [share, e] as const).sort(([a], [b]) => b - a);
  const [shared] = linear(x, `${at}shared_expert_gate`, weights) as [number];
  return best
    .slice(0, config.numExpertsPerTok)
    .map(([share, e]) => scale(swiglu(x, `${at}experts.${e}.`, weights), share))
    .reduce(add, scale(swiglu(x, `${at}shared_expert.`, weights), sigmoid(shared)));
}
