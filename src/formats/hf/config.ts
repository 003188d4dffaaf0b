/**
 * config.json and generation_config.json as Hugging Face Transformers reads them.
 *
 * What all architectures share is here; the names of the classes and the fields of one architecture alone are its own
 * (models/architectures). A reward model is its class for sequence classification with one label. Fields are written for both
 * current versions of Transformers: 4.x reads `rope_theta` and `torch_dtype`, 5.x reads `rope_parameters` and `dtype`, and each
 * silently takes a default where it finds only the other's.
 */
import { UserError } from '../../errors.ts';
import { shown } from '../../json-text.ts';
import { ConfigFields } from '../../models/architectures/config-fields.ts';
import { allArchitectures, architectureOf } from '../../models/architectures/index.ts';
import { checkConfig } from '../../models/check-config.ts';
import { headDim, type ModelConfig } from '../../models/config.ts';
import { anything, boolean, check, list, optional, record, text } from '../../schema.ts';

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
  const { onDisk } = architectureOf(config);
  return {
    architectures: [head === 'reward' ? onDisk.rewardClass : onDisk.languageClass],
    ...(head === 'reward' ? { id2label: { 0: 'reward' }, label2id: { reward: 0 } } : {}),
    model_type: onDisk.modelType,
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
    ...onDisk.toFields(config),
    use_cache: true,
    bos_token_id: ids.bosId,
    eos_token_id: ids.eosId,
    pad_token_id: ids.padId,
    torch_dtype: 'float32',
    dtype: 'float32',
  };
}

/** Which head the weights beside a config.json have. */
export function headKindOf(json: unknown, source: string): HeadKind {
  const names = fieldsOf(json, source).read('architectures', list(text()), []);
  return names[0]?.endsWith('ForSequenceClassification') ? 'reward' : 'language';
}

const someFields = record(optional(anything()));

function fieldsOf(json: unknown, source: string): ConfigFields {
  return new ConfigFields(check(someFields, json, source), source);
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
  const fields = fieldsOf(json, source);
  const modelType = fields.get('model_type');
  const architecture = allArchitectures().find(({ onDisk }) => onDisk.modelType === modelType);
  if (architecture === undefined) {
    const known = allArchitectures().map(({ name, onDisk }) => `"${onDisk.modelType}" (${name})`);
    const described =
      modelType === undefined ? 'a model without "model_type"' : `a ${shown(modelType)} model`;
    throw new UserError(`${source} describes ${described}; this program reads ${known.join(', ')}`);
  }
  const activation = fields.get('hidden_act') ?? 'silu';
  if (activation !== 'silu')
    throw new UserError(`${source}: the activation ${shown(activation)} is not supported, only silu`);
  const heads = fields.count('num_attention_heads');
  const config: ModelConfig = {
    arch: architecture.name,
    vocabSize: fields.count('vocab_size'),
    hiddenSize: fields.count('hidden_size'),
    intermediateSize: fields.count('intermediate_size'),
    numHiddenLayers: fields.count('num_hidden_layers'),
    numAttentionHeads: heads,
    numKeyValueHeads: fields.count('num_key_value_heads', heads),
    maxPositionEmbeddings: fields.count('max_position_embeddings'),
    rmsNormEps: fields.number('rms_norm_eps', 1e-6),
    ropeTheta: ropeTheta(fields),
    tieWordEmbeddings: fields.read('tie_word_embeddings', boolean(), false),
    attentionDropout: fields.number('attention_dropout', 0),
    initializerRange: fields.number('initializer_range', 0.02),
    ...architecture.onDisk.fromFields(fields),
  };
  checkConfig(config, source);
  const headWidth = fields.number('head_dim', headDim(config));
  if (headWidth !== headDim(config)) {
    throw new UserError(
      `${source}: head_dim ${headWidth} differs from hidden_size / heads, which is not supported`,
    );
  }
  return config;
}

/** Theta from where either version of Transformers writes it; angles that are scaled are refused. */
function ropeTheta(fields: ConfigFields): number {
  const name = fields.get('rope_parameters') === undefined ? 'rope_scaling' : 'rope_parameters';
  const rope = new ConfigFields(fields.read(name, someFields, {}), `${fields.source}: "${name}"`);
  const type = rope.get('rope_type') ?? rope.get('type') ?? 'default';
  if (type !== 'default')
    throw new UserError(`${fields.source}: RoPE scaling ${shown(type)} is not supported`);
  return rope.get('rope_theta') === undefined
    ? fields.number('rope_theta', 10000)
    : rope.number('rope_theta');
}
