/**
 * Checkpoints: the model directory of a stage, plus what is needed to continue as if nothing had happened.
 *
 *   optimizer.safetensors   both moments of every parameter
 *   trainer_state.json      step, random state, a fingerprint of the data
 *   stage.json              what it is made of (origin.ts)
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
import { checkNumbers, loadTensors, storeTensors } from '../formats/stored-tensors.ts';
import { RewardModel } from '../models/reward-model.ts';
import { type Infer, nullable, number, object, parse, record, text, tuple, where } from '../schema.ts';
import { repairDirectory, writeDirectoryAtomically } from '../storage/atomic.ts';
import { loadModelDirectory, loadRewardDirectory } from '../storage/model-directory.ts';
import { readBytes, readText } from '../storage/read-file.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Training } from './loop.ts';
import { ORIGIN_FILE, type Origin } from './origin.ts';

const word = number({ whole: true, min: 0, max: 2 ** 32 - 1 });

/** How far a stage has come. */
const stateSchema = where(
  object({
    stage: text(),
    /** Updates made, of `steps` in the whole stage. */
    step: number({ whole: true, min: 0 }),
    steps: number({ whole: true, min: 1 }),
    /** Updates of the optimizer: not the steps where a step makes several. */
    updates: number({ whole: true, min: 0 }),
    random: where(
      tuple(word, word, word, word),
      (words) => words.some((each) => each !== 0),
      'four words, not all zero',
    ),
    /** SHA-256 over the training tokens: continuing on other data would be another run. */
    fingerprint: text(),
    /** What the next line of metrics is the mean of. */
    pending: record(object({ sum: nullable(number()), count: number({ whole: true, min: 1 }) })),
    /** The update whose line of metrics had to wait for the rest of its held-out numbers. */
    unreported: nullable(object({ lr: number(), gradNorm: number(), tokensPerSecond: number() })),
    /** What the stage keeps besides. */
    extra: record(number()),
  }),
  ({ step, steps }) => step <= steps,
  'a state whose step is not beyond its steps',
);

export type TrainerState = Infer<typeof stateSchema>;

/** What of a stage in training is saved and restored. */
export type Saved = Pick<Training, 'model' | 'tokenizer' | 'optimizer' | 'random' | 'extra'>;

const STATE = 'trainer_state.json';
const MOMENTS = 'optimizer.safetensors';
const KEPT = 'kept_state.safetensors';

export async function saveCheckpoint(
  directory: string,
  training: Saved,
  origin: Origin,
  state: Omit<TrainerState, 'random' | 'updates' | 'extra'>,
): Promise<void> {
  const { model, tokenizer, optimizer, random, extra } = training;
  const files = await encodeModel(model, tokenizer);
  files.set(MOMENTS, encodeSafetensors(await storeTensors(optimizer.state())));
  const kept = model.keptState();
  if (kept.size > 0) files.set(KEPT, encodeSafetensors(await storeTensors(kept)));
  for (const [name, module] of Object.entries(extra?.modules ?? {}))
    files.set(name, encodeSafetensors(await storeTensors(module.namedParameters())));
  files.set(ORIGIN_FILE, prettyJson(origin));
  const numbers = extra?.numbers?.() ?? {};
  files.set(STATE, prettyJson({ ...state, updates: optimizer.step, extra: numbers, random: random.state() }));
  writeDirectoryAtomically(directory, files);
}

/** State of an earlier, possibly interrupted, stage; null if there is none. */
export function readTrainerState(directory: string): TrainerState | null {
  repairDirectory(directory);
  const path = join(directory, STATE);
  if (!existsSync(path)) return null;
  return parse(stateSchema, readText(path), path, `delete ${directory} to make this stage again`);
}

/** Put a saved stage back into model, optimizer and random generator. */
export function restoreCheckpoint(directory: string, training: Saved, state: TrainerState): void {
  const load = training.model instanceof RewardModel ? loadRewardDirectory : loadModelDirectory;
  const { model } = load(directory);
  training.model.loadState(model.namedParameters());
  /** The tensors of a file, put where they belong; those of something else are refused with its name. */
  const restore = (name: string, put: (tensors: ReadonlyMap<string, Tensor>) => void) => {
    const path = join(directory, name);
    const { tensors } = decodeSafetensors(readBytes(path), path);
    checkNumbers(tensors, path);
    const loaded = loadTensors(tensors);
    try {
      put(loaded);
    } catch (error) {
      throw new UserError(
        `${path} is not of this stage: ${(error as Error).message}; start a new run with --out`,
      );
    }
  };
  restore(MOMENTS, (tensors) => training.optimizer.loadState(tensors, state.updates));
  const kept = training.model.keptState();
  if (kept.size > 0)
    restore(KEPT, (tensors) => {
      for (const [name, tensor] of kept) {
        const value = tensors.get(name);
        if (value === undefined) throw new Error(`it has no "${name}"`);
        tensor.assign(value);
      }
    });
  for (const [name, module] of Object.entries(training.extra?.modules ?? {}))
    restore(name, (tensors) => module.loadState(tensors));
  training.extra?.restore?.(state.extra);
  training.random.restore(state.random);
}

/** SHA-256 of arrays of ids, one after the other, as hexadecimal digits. */
export function fingerprintOf(parts: Iterable<Uint8Array | Uint16Array | Uint32Array>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  return hash.digest('hex');
}
