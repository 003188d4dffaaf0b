/**
 * Checkpoints: the model directory of a stage, plus what is needed to continue as if nothing had happened.
 *
 *   optimizer.safetensors   both moments of every parameter
 *   trainer_state.json      step, random state, settings, a fingerprint of the data
 *   kept_state.safetensors  what layers keep beside their parameters (the bias of a router), where they do
 *   and a file for each module that the stage trains besides (PPO's value head)
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
import type { Changes } from '../knobs.ts';
import { RewardModel } from '../models/reward-model.ts';
import { repairDirectory, writeDirectoryAtomically } from '../storage/atomic.ts';
import { loadModelDirectory, loadRewardDirectory } from '../storage/model-directory.ts';
import { readBytes, readText } from '../storage/read-file.ts';
import type { RandomState } from '../tensor/index.ts';
import type { Training } from './loop.ts';
import type { Pending } from './numbers.ts';
import type { StageSettings } from './settings.ts';

export interface TrainerState {
  readonly stage: string;
  /** Updates made, of `steps` in the whole stage. */
  readonly step: number;
  readonly steps: number;
  /** Updates of the optimizer: not the steps where a step makes several. */
  readonly updates: number;
  readonly random: RandomState;
  readonly seed: number;
  /** Tokens in a row. */
  readonly context: number;
  readonly settings: StageSettings;
  /** The values of the stage's own knobs. */
  readonly own: Changes;
  /** SHA-256 over the training tokens: continuing on other data would be another run. */
  readonly fingerprint: string;
  /** Measured since the last line of metrics, for the next one. */
  readonly pending: Pending;
  /** What the stage keeps besides. */
  readonly extra: Readonly<Record<string, number>>;
}

/** What of a stage in training is saved and restored. */
export type Saved = Pick<Training, 'model' | 'tokenizer' | 'optimizer' | 'random' | 'extra'>;

const STATE = 'trainer_state.json';
const MOMENTS = 'optimizer.safetensors';
const KEPT = 'kept_state.safetensors';

export async function saveCheckpoint(
  directory: string,
  training: Saved,
  state: Omit<TrainerState, 'random' | 'updates' | 'extra'>,
): Promise<void> {
  const { model, tokenizer, optimizer, random, extra } = training;
  const files = await encodeModel(model, tokenizer);
  files.set(MOMENTS, encodeSafetensors(await storeTensors(optimizer.state())));
  const kept = model.keptState();
  if (kept.size > 0) files.set(KEPT, encodeSafetensors(await storeTensors(kept)));
  for (const [name, module] of Object.entries(extra?.modules ?? {}))
    files.set(name, encodeSafetensors(await storeTensors(module.namedParameters())));
  const numbers = extra?.numbers?.() ?? {};
  files.set(STATE, prettyJson({ ...state, updates: optimizer.step, extra: numbers, random: random.state() }));
  writeDirectoryAtomically(directory, files);
}

/** State of an earlier, possibly interrupted, stage; null if there is none. */
export function readTrainerState(directory: string): TrainerState | null {
  repairDirectory(directory);
  const path = join(directory, STATE);
  if (!existsSync(path)) return null;
  let state: TrainerState;
  try {
    state = JSON.parse(readText(path)) as TrainerState;
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new UserError(`${path} is damaged (${error.message}); delete ${directory} to train anew`);
    throw error;
  }
  if (typeof state?.fingerprint !== 'string') {
    throw new UserError(
      `${path} was written by an earlier version of this program, which cannot be continued here; start a new run with --out`,
    );
  }
  return state;
}

/** Put a saved stage back into model, optimizer and random generator. */
export function restoreCheckpoint(directory: string, training: Saved, state: TrainerState): void {
  const load = training.model instanceof RewardModel ? loadRewardDirectory : loadModelDirectory;
  const { model } = load(directory);
  training.model.loadState(model.namedParameters());
  const tensorsOf = (name: string) => {
    const path = join(directory, name);
    return loadTensors(decodeSafetensors(readBytes(path), path).tensors);
  };
  training.optimizer.loadState(tensorsOf(MOMENTS), state.updates);
  const kept = training.model.keptState();
  if (kept.size > 0) {
    const before = tensorsOf(KEPT);
    for (const [name, tensor] of kept) {
      const value = before.get(name);
      if (value === undefined)
        throw new UserError(`${join(directory, KEPT)} has no "${name}"; start a new run with --out`);
      tensor.assign(value);
    }
  }
  for (const [name, module] of Object.entries(training.extra?.modules ?? {}))
    module.loadState(tensorsOf(name));
  training.extra?.restore?.(state.extra);
  training.random.restore(state.random);
}

/** SHA-256 of arrays of ids, as hexadecimal digits. */
export function fingerprintOf(...parts: (Uint8Array | Uint16Array | Uint32Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  return hash.digest('hex');
}
