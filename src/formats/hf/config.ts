/**
 * config.json and generation_config.json as Hugging Face Transformers reads them.
 *
 * `tinyllm` is written as `Qwen2ForCausalLM`, its reward model as `Qwen2ForSequenceClassification` with one label. Fields are written for both current versions of Transformers: 4.x reads `rope_theta` and
 * `torch_dtype`, 5.x reads `rope_parameters` and `dtype`, and each silently takes a default where it finds only the other's.
 */
import { UserError } from '../../errors.ts';
import { checkConfig, headDim, type ModelConfig } from '../../models/config.ts';

export interface SpecialIds {
  readonly bosId: number;
  readonly eosId: number;
  readonly padId: number;
}

/** What stands on top of the decoder: scores for the next token, or one number for the whole text. */
export type HeadKind = 'language' | 'reward';

export function toHfConfig(
  config: ModelConfig,
  ids: SpecialIds,
  head: HeadKind = 'language',
): Record<string, unknown> {
  return {
    architectures: [head === 'reward' ? 'Qwen2ForSequenceClassification' : 'Qwen2ForCausalLM'],
    ...(head === 'reward' ? { id2label: { 0: 'reward' }, label2id: { reward: 0 } } : {}),
    model_type: 'qwen2',
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.numHiddenLayers,
    num_attention_heads: config.numAttentionHeads,
    num_key_value_heads: config.numKeyValueHeads,
    head_dim: headDim(config),
    hidden_act: 'silu',
    max_position_embeddings: config.maxPositionEmbeddings,
    rms_norm_eps: config.rmsNormEps,
    rope_theta: config.ropeTheta,
    rope_parameters: { rope_type: 'default', rope_theta: config.ropeTheta },
    rope_scaling: null,
    attention_dropout: config.attentionDropout,
    initializer_range: config.initializerRange,
    tie_word_embeddings: config.tieWordEmbeddings,
    use_sliding_window: false,
    use_cache: true,
    bos_token_id: ids.bosId,
    eos_token_id: ids.eosId,
    pad_token_id: ids.padId,
    torch_dtype: 'float32',
    dtype: 'float32',
  };
}

/** Which head the weights beside a config.json have. */
export function headKindOf(json: unknown): HeadKind {
  const names = (json as { architectures?: unknown } | null)?.architectures;
  return Array.isArray(names) && String(names[0]).endsWith('ForSequenceClassification')
    ? 'reward'
    : 'language';
}

export function toHfGenerationConfig(ids: SpecialIds): Record<string, unknown> {
  return {
    bos_token_id: ids.bosId,
    eos_token_id: ids.eosId,
    pad_token_id: ids.padId,
    do_sample: false,
  };
}

/** Read config.json; an architecture or feature this project does not have is refused by name. */
export function fromHfConfig(json: unknown, source: string): ModelConfig {
  if (json === null || typeof json !== 'object') throw new UserError(`${source} is no JSON object`);
  const fields = json as Record<string, unknown>;
  if (fields.model_type !== 'qwen2') {
    throw new UserError(
      `${source} describes a "${String(fields.model_type)}" model; this program reads "qwen2" (architecture tinyllm)`,
    );
  }
  if (fields.hidden_act !== undefined && fields.hidden_act !== 'silu') {
    throw new UserError(
      `${source}: the activation "${String(fields.hidden_act)}" is not supported, only silu`,
    );
  }
  if (fields.use_sliding_window === true)
    throw new UserError(`${source}: sliding-window attention is not supported`);
  const rope = (fields.rope_parameters ?? fields.rope_scaling ?? {}) as Record<string, unknown>;
  const ropeType = rope.rope_type ?? rope.type ?? 'default';
  if (ropeType !== 'default')
    throw new UserError(`${source}: RoPE scaling "${String(ropeType)}" is not supported`);
  const number = (name: string, fallback?: number): number => {
    const value = fields[name] ?? fallback;
    if (typeof value !== 'number')
      throw new UserError(`${source}: ${name} must be a number, got ${String(value)}`);
    return value;
  };
  const heads = number('num_attention_heads');
  const config: ModelConfig = {
    arch: 'tinyllm',
    vocabSize: number('vocab_size'),
    hiddenSize: number('hidden_size'),
    intermediateSize: number('intermediate_size'),
    numHiddenLayers: number('num_hidden_layers'),
    numAttentionHeads: heads,
    numKeyValueHeads: number('num_key_value_heads', heads),
    maxPositionEmbeddings: number('max_position_embeddings'),
    rmsNormEps: number('rms_norm_eps', 1e-6),
    ropeTheta: typeof rope.rope_theta === 'number' ? rope.rope_theta : number('rope_theta', 10000),
    tieWordEmbeddings: fields.tie_word_embeddings === true,
    attentionDropout: number('attention_dropout', 0),
    initializerRange: number('initializer_range', 0.02),
  };
  const headWidth = number('head_dim', headDim(config));
  if (headWidth !== headDim(config)) {
    throw new UserError(
      `${source}: head_dim ${headWidth} differs from hidden_size / heads, which is not supported`,
    );
  }
  return checkConfig(config, source);
}
