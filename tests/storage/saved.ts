/** Small models on the disk. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { encodeModel } from '../../src/formats/hf/model-files.ts';
import type { CausalLM } from '../../src/models/causal-lm.ts';
import type { RewardModel } from '../../src/models/reward-model.ts';
import { writeDirectoryAtomically } from '../../src/storage/atomic.ts';
import { tinyModel, tinyTokenizer } from '../training/tiny.ts';

/** Save a model as the directory `path`, which is returned. */
export async function saved(path: string, model: CausalLM | RewardModel = tinyModel()): Promise<string> {
  mkdirSync(dirname(path), { recursive: true });
  writeDirectoryAtomically(path, await encodeModel(model, tinyTokenizer));
  return path;
}
