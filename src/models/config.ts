/**
 * The numbers that define a model. Names and meanings are Hugging Face's, in camelCase here and in snake_case on disk.
 *
 * `tinyllm` is the architecture of tiny-llm-zh's main branch: RMSNorm, half-split RoPE, MHA or GQA with biases on q, k and v,
 * SwiGLU, pre-norm. Its checkpoints are exactly `Qwen2ForCausalLM`.
 */
import { UserError } from '../errors.ts';

export type Architecture = 'tinyllm';

export interface ModelConfig {
  readonly arch: Architecture;
  /** V, rows of the embedding table. */
  readonly vocabSize: number;
  /** D, width of the residual stream. */
  readonly hiddenSize: number;
  /** F, width inside the feed-forward part. */
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  /** H, query heads. */
  readonly numAttentionHeads: number;
  /** K, key-value heads; H / K query heads share one. */
  readonly numKeyValueHeads: number;
  /** Longest text in tokens. */
  readonly maxPositionEmbeddings: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** One table for embedding and output layer. */
  readonly tieWordEmbeddings: boolean;
  readonly attentionDropout: number;
  readonly initializerRange: number;
}

/** d, width of one head. */
export function headDim(config: ModelConfig): number {
  return config.hiddenSize / config.numAttentionHeads;
}

/** A config that describes no model is refused with one sentence that names the field. `source` says where it came from. */
export function checkConfig(config: ModelConfig, source: string): ModelConfig {
  const whole: (keyof ModelConfig)[] = [
    'vocabSize',
    'hiddenSize',
    'intermediateSize',
    'numHiddenLayers',
    'numAttentionHeads',
    'numKeyValueHeads',
    'maxPositionEmbeddings',
  ];
  for (const field of whole) {
    const value = config[field];
    if (!Number.isSafeInteger(value) || (value as number) < 1) {
      throw new UserError(`${source}: ${field} must be a whole number of at least 1, got ${value}`);
    }
  }
  if (config.hiddenSize % config.numAttentionHeads !== 0 || headDim(config) % 2 !== 0) {
    throw new UserError(
      `${source}: hiddenSize ${config.hiddenSize} must be an even multiple of numAttentionHeads ${config.numAttentionHeads}`,
    );
  }
  if (config.numAttentionHeads % config.numKeyValueHeads !== 0) {
    throw new UserError(
      `${source}: numAttentionHeads ${config.numAttentionHeads} must be a multiple of numKeyValueHeads ${config.numKeyValueHeads}`,
    );
  }
  for (const field of ['rmsNormEps', 'ropeTheta', 'initializerRange'] as const) {
    if (!(config[field] > 0))
      throw new UserError(`${source}: ${field} must be positive, got ${config[field]}`);
  }
  if (!(config.attentionDropout >= 0 && config.attentionDropout < 1)) {
    throw new UserError(`${source}: attentionDropout must be in [0, 1), got ${config.attentionDropout}`);
  }
  return config;
}

/** Name and shape of every parameter, in the order of the model's fields, without making any. */
export function parameterShapes(config: ModelConfig): Map<string, readonly number[]> {
  const { vocabSize: V, hiddenSize: D, intermediateSize: F } = config;
  const kv = config.numKeyValueHeads * headDim(config);
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [V, D]]]);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const own: [string, number[]][] = [
      ['input_layernorm.weight', [D]],
      ['self_attn.q_proj.weight', [D, D]],
      ['self_attn.q_proj.bias', [D]],
      ['self_attn.k_proj.weight', [kv, D]],
      ['self_attn.k_proj.bias', [kv]],
      ['self_attn.v_proj.weight', [kv, D]],
      ['self_attn.v_proj.bias', [kv]],
      ['self_attn.o_proj.weight', [D, D]],
      ['post_attention_layernorm.weight', [D]],
      ['mlp.gate_proj.weight', [F, D]],
      ['mlp.up_proj.weight', [F, D]],
      ['mlp.down_proj.weight', [D, F]],
    ];
    for (const [name, shape] of own) shapes.set(`model.layers.${layer}.${name}`, shape);
  }
  shapes.set('model.norm.weight', [D]);
  if (!config.tieWordEmbeddings) shapes.set('lm_head.weight', [V, D]);
  return shapes;
}

/** Exact number of parameters, without allocating them. */
export function parameterCount(config: ModelConfig): number {
  let total = 0;
  for (const shape of parameterShapes(config).values()) total += shape.reduce((a, b) => a * b, 1);
  return total;
}
