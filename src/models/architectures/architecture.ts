/**
 * What makes an architecture: everything in which one kind of model differs from another. One file holds one of them.
 *
 * Decoder, language model and reward model are the same for all; they ask the architecture that their config names for its
 * layers. The readers and writers of model directories ask it for its names on disk. Nothing else asks which architecture it
 * is.
 */
import type { Changes, KnobTable } from '../../knobs.ts';
import type { Block } from '../../nn/block.ts';
import type { Random } from '../../tensor/index.ts';
import { headDim, type ModelConfig } from '../config.ts';
import type { ConfigFields } from './config-fields.ts';

export interface Architecture {
  /** As in `--arch` and in the config. */
  readonly name: string;
  /** One layer with its first weights. The decoder calls it once for each layer, in order, and each draws from `random`. */
  block(config: ModelConfig, random: Random): Block;
  /** The optional fields of ModelConfig that this architecture has; any other is refused. */
  readonly ownFields: readonly (keyof ModelConfig)[];
  /** Fields of the config that a flag may change, by name: null leaves them as the preset has them. */
  readonly knobs: KnobTable;
  /** Refuse what the architecture cannot do, with a UserError that begins with `source`. */
  check?(config: ModelConfig, source: string): void;
  /** Refuse knobs turned together of which one makes the other useless. */
  checkKnobs?(changes: Changes): void;
  /** Parameters of a model that the work for one token leaves out (experts it does not use); none by default. */
  idleParameters?(config: ModelConfig): number;
  /** Model sizes by name. */
  readonly presets: Readonly<Record<string, ModelConfig>>;
  readonly onDisk: HuggingFaceForm;
}

/** How Hugging Face Transformers knows the architecture. Parameters have the same names there and here (see nn/module.ts). */
export interface HuggingFaceForm {
  readonly modelType: string;
  readonly languageClass: string;
  readonly rewardClass: string;
  /** The fields of config.json that not all architectures have. */
  toFields(config: ModelConfig): Record<string, unknown>;
  /** The same read back; features that the architecture lacks are refused by name. */
  fromFields(fields: ConfigFields): Partial<ModelConfig>;
  /**
   * Which row of a parameter in memory is row 0, 1, 2, ... of it on disk, where the two lie in another order; null (or no such
   * function) where they do not.
   */
  rowsOnDisk?(name: string, config: ModelConfig): Int32Array | null;
}

/** The sizes of attention that follow from a config. */
export function attentionSizes(config: ModelConfig) {
  return {
    dim: config.hiddenSize,
    heads: config.numAttentionHeads,
    kvHeads: config.numKeyValueHeads,
    headDim: headDim(config),
  };
}
