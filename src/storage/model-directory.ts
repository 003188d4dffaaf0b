/**
 * A model as a directory that Hugging Face Transformers opens as it is:
 *
 *   config.json  model.safetensors  generation_config.json  tokenizer.json  tokenizer.model  tokenizer_config.json
 *
 * A reward model is the same with `score.weight` in place of the output layer and without generation_config.json. Tied models
 * never store lm_head.weight: the versions of Transformers disagree about which of the two tables wins.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorInWords, UserError } from '../errors.ts';
import {
  fromHfConfig,
  type HeadKind,
  headKindOf,
  type SpecialIds,
  toHfConfig,
  toHfGenerationConfig,
} from '../formats/hf/config.ts';
import { toDiskOrder, toMemoryOrder } from '../formats/hf/row-order.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../formats/safetensors.ts';
import { CausalLM } from '../models/causal-lm.ts';
import type { ModelConfig } from '../models/config.ts';
import { RewardModel } from '../models/reward-model.ts';
import { shapesOf } from '../models/shapes.ts';
import { fromArray, Random, type Shape, type Tensor } from '../tensor/index.ts';
import {
  AUTO_MAP_FILE,
  readSentencePieceModel,
  readTokenizerJson,
  Tokenizer,
  tokenizerConfig,
  writeSentencePieceModel,
  writeTokenizerJson,
} from '../tokenizer/index.ts';
import { locateDirectory, verifyDirectory } from './atomic.ts';

export type FileMap = Map<string, Uint8Array | string>;

/** Tensors by name, read back from wherever they live. */
export async function storeTensors(tensors: ReadonlyMap<string, Tensor>): Promise<Map<string, StoredTensor>> {
  const stored = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors)
    stored.set(name, { shape: tensor.shape, values: await tensor.read() });
  return stored;
}

export function loadTensors(stored: ReadonlyMap<string, StoredTensor>): Map<string, Tensor> {
  return new Map([...stored].map(([name, { shape, values }]) => [name, fromArray(values, shape)]));
}

/** The files of a tokenizer. */
export function tokenizerFiles(tokenizer: Tokenizer, contextLength: number): FileMap {
  return new Map<string, Uint8Array | string>([
    ['tokenizer.json', writeTokenizerJson(tokenizer.vocabulary)],
    ['tokenizer.model', writeSentencePieceModel(tokenizer.vocabulary)],
    ['tokenizer_config.json', prettyJson(tokenizerConfig(tokenizer, { contextLength }))],
    AUTO_MAP_FILE,
  ]);
}

/** The files of a model with its tokenizer. */
export async function modelFiles(model: CausalLM | RewardModel, tokenizer: Tokenizer): Promise<FileMap> {
  const head: HeadKind = model instanceof RewardModel ? 'reward' : 'language';
  const ids: SpecialIds = {
    bosId: tokenizer.bosId ?? tokenizer.eosId,
    eosId: tokenizer.eosId,
    padId: tokenizer.padId,
  };
  const generation: [string, string][] =
    head === 'reward' ? [] : [['generation_config.json', prettyJson(toHfGenerationConfig(ids))]];
  return new Map<string, Uint8Array | string>([
    ['config.json', prettyJson(toHfConfig(model.config, ids, head))],
    ...generation,
    [
      'model.safetensors',
      encodeSafetensors(toDiskOrder(model.config, await storeTensors(model.namedParameters()))),
    ],
    ...tokenizerFiles(tokenizer, model.config.maxPositionEmbeddings),
  ]);
}

export interface LoadedModel<M = CausalLM> {
  readonly model: M;
  readonly tokenizer: Tokenizer;
  readonly directory: string;
}

/**
 * Open a model directory: checksums, config, weights and tokenizer are all checked before anything is returned.
 * `random` is what dropout draws from, should the model be trained further.
 */
export function loadModelDirectory(path: string, random = new Random(0)): LoadedModel {
  return load(path, 'language', (config) => new CausalLM(config, random));
}

/** What a directory holds, without reading its weights. */
export function kindOfDirectory(path: string): HeadKind {
  const file = join(locateDirectory(path), 'config.json');
  try {
    return headKindOf(JSON.parse(readText(file)));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserError(`${file} is no valid JSON: ${error.message}`);
    throw error;
  }
}

/** The same for the directory of a reward model. */
export function loadRewardDirectory(path: string, random = new Random(0)): LoadedModel<RewardModel> {
  return load(path, 'reward', (config) => new RewardModel(config, random));
}

function load<M extends CausalLM | RewardModel>(
  path: string,
  head: HeadKind,
  make: (config: ModelConfig) => M,
): LoadedModel<M> {
  const directory = openDirectory(path);
  const config = readConfig(directory, head);
  const tokenizer = readTokenizer(directory);
  if (tokenizer.vocabSize > config.vocabSize) {
    throw new UserError(
      `${directory}: the tokenizer has ${tokenizer.vocabSize} tokens, the model only ${config.vocabSize}; they do not belong together`,
    );
  }
  const expected = shapesOf(() => make(config));
  const weights = readWeights(join(directory, 'model.safetensors'), config, expected);
  const model = make(config); // every weight is overwritten
  model.loadState(weights);
  model.eval();
  return { model, tokenizer, directory };
}

/** The tokenizer of a model or tokenizer directory. */
export function loadTokenizerDirectory(path: string): Tokenizer {
  return readTokenizer(openDirectory(path));
}

function openDirectory(path: string): string {
  const directory = locateDirectory(path);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UserError(`${path} is no directory; a trained model is a directory such as runs/default/sft`);
  }
  verifyDirectory(directory);
  return directory;
}

function readConfig(directory: string, head: HeadKind): ModelConfig {
  const path = join(directory, 'config.json');
  let json: unknown;
  try {
    json = JSON.parse(readText(path));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserError(`${path} is no valid JSON: ${error.message}`);
    throw error;
  }
  const config = fromHfConfig(json, path);
  if (headKindOf(json) !== head) {
    const names = { language: 'a language model', reward: 'a reward model' };
    throw new UserError(`${directory} holds ${names[headKindOf(json)]}, but ${names[head]} is needed here`);
  }
  return config;
}

/** Shapes are compared with the config before any model is made, so a file of another model cannot cost memory. */
function readWeights(
  path: string,
  config: ModelConfig,
  expected: ReadonlyMap<string, Shape>,
): Map<string, Tensor> {
  const { tensors } = decodeSafetensors(readBytes(path), path);
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
        `${path} holds "${name}", which is no part of this architecture; is it another kind of model?`,
      );
    }
  }
  return loadTensors(toMemoryOrder(config, tensors));
}

function readTokenizer(directory: string): Tokenizer {
  const json = join(directory, 'tokenizer.json');
  const source = statSync(json, { throwIfNoEntry: false }) ? json : join(directory, 'tokenizer.model');
  const vocabulary =
    source === json
      ? readTokenizerJson(readText(json), json)
      : readSentencePieceModel(readBytes(source), source);
  return new Tokenizer(vocabulary, source);
}

export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = systemErrorInWords(error);
    throw why === null ? error : new UserError(`Cannot read ${path}: ${why}`);
  }
}

export function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}

export function prettyJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
