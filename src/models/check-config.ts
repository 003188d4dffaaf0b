/**
 * A config that describes no model is refused with one sentence that names the field: first what all architectures share, then
 * what its own architecture asks for.
 */
import { UserError } from '../errors.ts';
import { architectureOf } from './architectures/index.ts';
import { headDim, type ModelConfig } from './config.ts';

const WHOLE = [
  'vocabSize',
  'hiddenSize',
  'intermediateSize',
  'numHiddenLayers',
  'numAttentionHeads',
  'numKeyValueHeads',
  'maxPositionEmbeddings',
] as const satisfies (keyof ModelConfig)[];
const POSITIVE = ['rmsNormEps', 'ropeTheta', 'initializerRange'] as const satisfies (keyof ModelConfig)[];
const DROPOUT = ['attentionDropout', 'hiddenDropout'] as const satisfies (keyof ModelConfig)[];
/** Layers, times the experts in each: what there is one of for each of them in memory. Far above any model that fits on one machine. */
const MAX_PARTS = 1 << 14;
const COMMON = new Set<string>(['arch', 'tieWordEmbeddings', 'attentionDropout', ...WHOLE, ...POSITIVE]);

/** Returns the config, or throws; `source` says where it came from. */
export function checkConfig(config: ModelConfig, source: string): ModelConfig {
  const architecture = architectureOf(config);
  for (const field of WHOLE) {
    const value = config[field];
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new UserError(`${source}: ${field} must be a whole number of at least 1, got ${value}`);
    }
  }
  if (config.hiddenSize % config.numAttentionHeads !== 0 || headDim(config) % 2 !== 0) {
    throw new UserError(
      `${source}: hiddenSize ${config.hiddenSize} must be an even multiple of numAttentionHeads ${config.numAttentionHeads}`,
    );
  }
  const { numAttentionHeads: heads, numKeyValueHeads: kvHeads } = config;
  if (heads % kvHeads !== 0) {
    throw new UserError(
      `${source}: numAttentionHeads ${heads} must be a multiple of numKeyValueHeads ${kvHeads}`,
    );
  }
  for (const field of POSITIVE) {
    if (!(config[field] > 0 && config[field] < Infinity))
      throw new UserError(`${source}: ${field} must be positive, got ${config[field]}`);
  }
  if (config.ropeTheta < 1)
    throw new UserError(`${source}: ropeTheta must be at least 1, got ${config.ropeTheta}`);
  const { numHiddenLayers: layers, numExperts: experts = 1 } = config;
  if (layers * experts > MAX_PARTS) {
    const what = experts === 1 ? `${layers} layers` : `${layers} layers with ${experts} experts each`;
    throw new UserError(`${source}: ${what} are more than this program makes (${MAX_PARTS} in all)`);
  }
  for (const field of DROPOUT) {
    const { [field]: probability = 0 } = config;
    if (!(probability >= 0 && probability < 1)) {
      throw new UserError(`${source}: ${field} must be in [0, 1), got ${probability}`);
    }
  }
  for (const [field, value] of Object.entries(config)) {
    const isKnown = COMMON.has(field) || architecture.ownFields.includes(field as keyof ModelConfig);
    if (!isKnown && value !== undefined) {
      throw new UserError(`${source}: a model of architecture ${architecture.name} has no ${field}`);
    }
  }
  architecture.check?.(config, source);
  return config;
}
