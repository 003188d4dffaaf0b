/**
 * Checkpoints: the model directory of a stage, plus what is needed to continue as if nothing had happened.
 *
 *   optimizer.safetensors   both moments of every parameter
 *   value_head.safetensors  PPO only: what the policy's optimizer also trains
 *   trainer_state.json      step, random state, settings, a fingerprint of the data
 *
 * The whole directory is replaced at once (storage/atomic.ts): weights and optimizer state of different steps cannot meet.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { encodeModel } from '../formats/hf/model-files.ts';
import { prettyJson } from '../formats/json.ts';
import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.ts';
import { loadTensors, storeTensors } from '../formats/stored-tensors.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { RewardModel } from '../models/reward-model.ts';
import type { ValueHead } from '../models/value-head.ts';
import type { AdamW } from '../optim/adamw.ts';
import { repairDirectory, writeDirectoryAtomically } from '../storage/atomic.ts';
import { loadModelDirectory, loadRewardDirectory } from '../storage/model-directory.ts';
import { readBytes, readText } from '../storage/read-file.ts';
import type { Random, RandomState } from '../tensor/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import type { AlignmentSettings } from './alignment-settings.ts';
import type { KlControl } from './kl-control.ts';
import type { StageSettings } from './settings.ts';

export interface TrainerState {
  readonly stage: string;
  /** Updates made, of `steps` in the whole stage. */
  readonly step: number;
  readonly steps: number;
  readonly random: RandomState;
  readonly seed: number;
  readonly context: number;
  readonly settings: StageSettings;
  /** SHA-256 over the training tokens: continuing on other data would be another run. */
  readonly data: string;
  /** Alignment only: its settings, and PPO's price of divergence at this step. */
  readonly alignment?: AlignmentSettings;
  readonly klCoefficient?: number;
  /** Updates of the optimizer where they are not the steps. */
  readonly updates?: number;
}

export interface Trainer {
  readonly model: CausalLM | RewardModel;
  readonly tokenizer: Tokenizer;
  readonly optimizer: AdamW;
  readonly random: Random;
  /** PPO only. */
  readonly valueHead?: ValueHead;
  readonly kl?: KlControl;
}

const VALUE_HEAD = 'value_head.safetensors';
const STATE = 'trainer_state.json';
const MOMENTS = 'optimizer.safetensors';

export async function saveCheckpoint(
  directory: string,
  trainer: Trainer,
  state: Omit<TrainerState, 'random'>,
): Promise<void> {
  const files = await encodeModel(trainer.model, trainer.tokenizer);
  files.set(MOMENTS, encodeSafetensors(await storeTensors(trainer.optimizer.state())));
  const { valueHead, kl } = trainer;
  if (valueHead !== undefined)
    files.set(VALUE_HEAD, encodeSafetensors(await storeTensors(valueHead.namedParameters())));
  const price = kl === undefined ? {} : { klCoefficient: kl.coefficient, updates: trainer.optimizer.step };
  files.set(STATE, prettyJson({ ...state, ...price, random: trainer.random.state() }));
  writeDirectoryAtomically(directory, files);
}

/** State of an earlier, possibly interrupted, stage; null if there is none. */
export function readTrainerState(directory: string): TrainerState | null {
  repairDirectory(directory);
  const path = join(directory, STATE);
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readText(path)) as TrainerState;
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new UserError(`${path} is damaged (${error.message}); delete ${directory} to train anew`);
    throw error;
  }
}

/** Put a saved stage back into model, optimizer and random generator. */
export function restoreCheckpoint(directory: string, trainer: Trainer, state: TrainerState): void {
  const load = trainer.model instanceof RewardModel ? loadRewardDirectory : loadModelDirectory;
  const { model } = load(directory);
  trainer.model.loadState(model.namedParameters());
  const tensorsOf = (name: string) => {
    const path = join(directory, name);
    return loadTensors(decodeSafetensors(readBytes(path), path).tensors);
  };
  trainer.optimizer.loadState(tensorsOf(MOMENTS), state.updates ?? state.step);
  trainer.valueHead?.loadState(tensorsOf(VALUE_HEAD));
  if (trainer.kl !== undefined) trainer.kl.coefficient = state.klCoefficient!; // written with every state of PPO
  trainer.random.restore(state.random);
}

export function fingerprint(...parts: (Uint8Array | Uint16Array | Uint32Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  return hash.digest('hex');
}
