/**
 * Opens a model directory on the disk: finds it, also in the middle of a swap, verifies its checksums, reads the files that are
 * needed, and leaves what is in them to formats/hf/. A model that is being trained at this moment is replaced again and again:
 * what is read is one state of it.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Files } from '../formats/file-map.ts';
import { fromHfConfig, type HeadKind, headKindOf } from '../formats/hf/config.ts';
import {
  CONFIG_FILE,
  decodeModel,
  decodeRewardModel,
  filesToOpen,
  type ModelWithTokenizer,
} from '../formats/hf/model-files.ts';
import { decodeTokenizer, tokenizerFile } from '../formats/hf/tokenizer-files.ts';
import { parseJson } from '../formats/json.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { ModelConfig } from '../models/config.ts';
import type { RewardModel } from '../models/reward-model.ts';
import type { Random } from '../tensor/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { locateDirectory, readDirectory } from './atomic.ts';
import { verifyDirectory } from './checksums.ts';
import { readBytes, readText } from './read-file.ts';

export interface LoadedModel<M = CausalLM> extends ModelWithTokenizer<M> {
  readonly directory: string;
}

/** Open the directory of a language model. `random` is what dropout draws from, should the model be trained further. */
export function loadModelDirectory(path: string, random?: Random): LoadedModel {
  const { files, directory } = openDirectory(path, filesToOpen);
  return { ...decodeModel(files, directory, random), directory };
}

/** The same for a reward model. */
export function loadRewardDirectory(path: string, random?: Random): LoadedModel<RewardModel> {
  const { files, directory } = openDirectory(path, filesToOpen);
  return { ...decodeRewardModel(files, directory, random), directory };
}

/** The tokenizer of a model or tokenizer directory. */
export function loadTokenizerDirectory(path: string): Tokenizer {
  const { files, directory } = openDirectory(path, (isThere) => [tokenizerFile(isThere)]);
  return decodeTokenizer(files, directory);
}

/** What a directory holds, without reading its weights. */
export function kindOfDirectory(path: string): HeadKind {
  const file = join(locateDirectory(path), CONFIG_FILE);
  return headKindOf(parseJson(readText(file), file), file);
}

/** The config of the model in a directory, without reading its weights. */
export function configOfDirectory(path: string): ModelConfig {
  const file = join(existingDirectory(path), CONFIG_FILE);
  return fromHfConfig(parseJson(readText(file), file), file);
}

/**
 * The files that `choose` asks for, verified. One that is missing is left out: whoever opens the rest knows what that means.
 */
function openDirectory(
  path: string,
  choose: (isThere: (name: string) => boolean) => readonly string[],
): { readonly files: Files; readonly directory: string } {
  existingDirectory(path);
  return readDirectory(path, (directory) => {
    const isThere = (name: string) => existsSync(join(directory, name));
    const names = choose(isThere).filter(isThere);
    verifyDirectory(directory, names);
    return { files: new Map(names.map((name) => [name, readBytes(join(directory, name))])), directory };
  });
}

function existingDirectory(path: string): string {
  const directory = locateDirectory(path);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UserError(
      `${path} is not a directory; a trained model is a directory such as runs/default/sft`,
    );
  }
  return directory;
}
