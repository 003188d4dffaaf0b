/**
 * A model as a directory that Hugging Face Transformers opens as it is:
 *
 *   config.json  model.safetensors  generation_config.json  tokenizer.json  tokenizer.model  tokenizer_config.json
 *
 * A reward model has `score.weight` in place of the output layer, and no generation_config.json. Tied models never store
 * lm_head.weight: the versions of Transformers disagree about which of the two tables wins.
 * Bytes in, bytes out: a page opens a directory that it was handed, storage/ opens one on the disk.
 */
import { UserError } from '../../errors.ts';
import { quoted } from '../../json-text.ts';
import { CausalLM } from '../../models/causal-lm.ts';
import type { ModelConfig } from '../../models/config.ts';
import { RewardModel } from '../../models/reward-model.ts';
import { shapesOf } from '../../models/shapes.ts';
import { Random, type Shape } from '../../tensor/index.ts';
import type { Tokenizer } from '../../tokenizer/index.ts';
import { bytesOf, type FileMap, type Files, pathIn, textOf } from '../file-map.ts';
import { parseJson, prettyJson } from '../json.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../safetensors.ts';
import { checkNumbers, loadTensors, storeTensors } from '../stored-tensors.ts';
import {
  fromHfConfig,
  type HeadKind,
  headKindOf,
  type SpecialIds,
  toHfConfig,
  toHfGenerationConfig,
} from './config.ts';
import { toDiskOrder, toMemoryOrder } from './row-order.ts';
import { decodeTokenizer, encodeTokenizer, tokenizerFile } from './tokenizer-files.ts';

export const CONFIG_FILE = 'config.json';
export const WEIGHTS_FILE = 'model.safetensors';

export interface ModelWithTokenizer<M = CausalLM> {
  readonly model: M;
  readonly tokenizer: Tokenizer;
}

/** The files of a model with its tokenizer. */
export async function encodeModel(model: CausalLM | RewardModel, tokenizer: Tokenizer): Promise<FileMap> {
  const head: HeadKind = model instanceof RewardModel ? 'reward' : 'language';
  const ids: SpecialIds = {
    bosId: tokenizer.bosId ?? tokenizer.eosId,
    eosId: tokenizer.eosId,
    padId: tokenizer.padId,
  };
  const generation: [string, string][] =
    head === 'reward' ? [] : [['generation_config.json', prettyJson(toHfGenerationConfig(ids))]];
  return new Map<string, Uint8Array | string>([
    [CONFIG_FILE, prettyJson(toHfConfig(model.config, ids, head))],
    ...generation,
    [WEIGHTS_FILE, encodeSafetensors(toDiskOrder(model.config, await storeTensors(model.namedParameters())))],
    ...encodeTokenizer(tokenizer, model.config.maxPositionEmbeddings),
  ]);
}

/** The files that opening a model takes, given which files there are; none of the others has to be loaded. */
export function filesToOpen(isThere: (name: string) => boolean): string[] {
  return [CONFIG_FILE, WEIGHTS_FILE, tokenizerFile(isThere)];
}

/**
 * Open a language model: config, tokenizer and weights are all checked before anything is returned.
 * `directory` names the place in errors; `random` is what dropout draws from, should the model be trained further.
 */
export function decodeModel(files: Files, directory: string, random = new Random(0)): ModelWithTokenizer {
  return decode(files, directory, 'language', (config) => new CausalLM(config, random));
}

/** The same for a reward model. */
export function decodeRewardModel(
  files: Files,
  directory: string,
  random = new Random(0),
): ModelWithTokenizer<RewardModel> {
  return decode(files, directory, 'reward', (config) => new RewardModel(config, random));
}

function decode<M extends CausalLM | RewardModel>(
  files: Files,
  directory: string,
  head: HeadKind,
  make: (config: ModelConfig) => M,
): ModelWithTokenizer<M> {
  const config = decodeConfig(files, directory, head);
  const tokenizer = decodeTokenizer(files, directory);
  if (tokenizer.vocabSize > config.vocabSize) {
    throw new UserError(
      `${directory}: the tokenizer has ${tokenizer.vocabSize} tokens, the model only ${config.vocabSize}; ` +
        'they do not belong together',
    );
  }
  const path = pathIn(directory, WEIGHTS_FILE);
  const { tensors } = decodeSafetensors(bytesOf(files, WEIGHTS_FILE, directory), path);
  const { numHiddenLayers: layers, numExperts: experts = 1 } = config;
  if (layers * experts > tensors.size) {
    // Each of them has a tensor of its own; without this the names of all that are missing would be made first.
    const asked = experts === 1 ? `${layers} layers` : `${layers} layers with ${experts} experts each`;
    throw new UserError(`${path} has ${tensors.size} tensors, its config.json asks for ${asked}`);
  }
  const expected = shapesOf(() => make(config));
  checkTensors(tensors, expected, path, config);
  checkNumbers(tensors, path);
  const model = make(config); // every weight is overwritten
  model.loadState(loadTensors(toMemoryOrder(config, tensors)));
  model.eval();
  return { model, tokenizer };
}

function decodeConfig(files: Files, directory: string, head: HeadKind): ModelConfig {
  const path = pathIn(directory, CONFIG_FILE);
  const json = parseJson(textOf(files, CONFIG_FILE, directory), path);
  const config = fromHfConfig(json, path);
  const found = headKindOf(json, path);
  if (found !== head) {
    const names = { language: 'a language model', reward: 'a reward model' };
    throw new UserError(`${directory} holds ${names[found]}, but ${names[head]} is needed here`);
  }
  return config;
}

/** Shapes are compared with the config before any model is made, so a file of another model cannot cost memory. */
function checkTensors(
  tensors: Map<string, StoredTensor>,
  expected: ReadonlyMap<string, Shape>,
  path: string,
  config: ModelConfig,
): void {
  if (config.tieWordEmbeddings) tensors.delete('lm_head.weight');
  for (const [name, shape] of expected) {
    const given = tensors.get(name);
    if (given === undefined)
      throw new UserError(`${path} has no tensor "${name}", which its config.json asks for`);
    if (given.shape.join() !== shape.join()) {
      throw new UserError(
        `${path}: "${name}" has shape [${given.shape.join(', ')}], its config.json asks for [${shape.join(', ')}]`,
      );
    }
  }
  for (const name of tensors.keys()) {
    if (!expected.has(name)) {
      throw new UserError(
        `${path} holds ${quoted(name)}, which is not part of this architecture; is it another kind of model?`,
      );
    }
  }
}
