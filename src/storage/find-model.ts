/**
 * Which directory a command means: a model directory as it is, a run by the first of the given stages that it has, nothing by the
 * latest run. Which stages leave a model to use, and which comes first, the caller says.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { CONFIG_FILE, WEIGHTS_FILE } from '../formats/hf/model-files.ts';
import { locateDirectory } from './atomic.ts';
import { locateRun } from './run-directory.ts';

/**
 * The directory to chat with: the one that --model names or, without it, the stage in `runs` that was saved last. `others` are
 * stages to make do with where there is none of `stages`.
 */
export function findChatModel(
  given: string | undefined,
  stages: readonly string[],
  others: readonly string[] = [],
  runs = 'runs',
): string {
  if (given !== undefined) return findModel(given, [...stages, ...others]);
  const candidates = existsSync(runs) ? readdirSync(runs).map((name) => join(runs, name)) : [];
  const latestOf = (wanted: readonly string[]) =>
    candidates
      .flatMap((run) => firstStage(run, wanted) ?? [])
      .map((stage) => ({ stage, time: statSync(join(locateDirectory(stage), WEIGHTS_FILE)).mtimeMs }))
      .sort((a, b) => b.time - a.time)[0];
  const found = latestOf(stages) ?? latestOf(others);
  if (found === undefined) {
    throw new UserError(
      `There is no model that can chat in ${runs}/ yet; train one with "npx tsx src/train.ts" or give --model DIR`,
    );
  }
  return found.stage;
}

/** A model directory: the one given, or the first of `stages` that the run given has. */
export function findModel(given: string, stages: readonly string[]): string {
  if (existsSync(join(locateDirectory(given), CONFIG_FILE))) return given;
  const stage = firstStage(given, stages);
  if (stage !== null) return stage;
  if (!existsSync(given)) throw new UserError(`--model ${given}: there is no such directory`);
  throw new UserError(
    `--model ${given}: this directory holds no model (no ${CONFIG_FILE}) and no run with one of ${stages.join(', ')}`,
  );
}

function firstStage(run: string, stages: readonly string[]): string | null {
  const place = locateRun(run);
  const paths = stages.map((name) => join(place, name));
  return paths.find((path) => existsSync(join(locateDirectory(path), WEIGHTS_FILE))) ?? null;
}
