/**
 * Which directory a command means: a model directory as it is, a run by its last chat stage, nothing by the latest run.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { locateDirectory } from './atomic.ts';

/** The directory to chat with: of a run, that of the first of `chatStages` which is there. */
export function findChatModel(
  given: string | undefined,
  chatStages: readonly string[],
  runs = 'runs',
): string {
  if (given !== undefined) return findModel(given, chatStages);
  const candidates = existsSync(runs) ? readdirSync(runs).map((name) => join(runs, name)) : [];
  const trained = candidates
    .flatMap((run) => lastStage(run, chatStages))
    .map((stage) => ({ stage, time: statSync(join(locateDirectory(stage), 'model.safetensors')).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  if (trained[0] === undefined) {
    throw new UserError(
      `There is no model that can chat in ${runs}/ yet; train one with "npx tsx src/train.ts" or give --model DIR`,
    );
  }
  return trained[0].stage;
}

/** A model directory: the one given, or, of a run, that of the first of `stages` which is there. */
export function findModel(given: string, stages: readonly string[]): string {
  if (existsSync(join(locateDirectory(given), 'config.json'))) return given;
  const [stage] = lastStage(given, stages);
  if (stage !== undefined) return stage;
  if (!existsSync(given)) throw new UserError(`--model ${given}: there is no such directory`);
  throw new UserError(
    `--model ${given}: this directory holds no model (no config.json) and no run with one of ${stages.join(', ')}`,
  );
}

function lastStage(run: string, stages: readonly string[]): string[] {
  return stages
    .map((name) => join(run, name))
    .filter((path) => existsSync(join(locateDirectory(path), 'model.safetensors')))
    .slice(0, 1);
}
