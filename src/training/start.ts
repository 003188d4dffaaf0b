/**
 * Where a stage starts: what the one before it leaves in this run, else --init-from, else what that one left earlier.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { CONFIG_FILE } from '../formats/hf/model-files.ts';
import type { ModelConfig } from '../models/config.ts';
import { locateDirectory } from '../storage/atomic.ts';
import { configOfDirectory } from '../storage/model-directory.ts';
import type { RunSettings } from './run-settings.ts';
import type { Stage } from './stage.ts';

export interface RunPlace {
  readonly out: string;
  readonly settings: Pick<RunSettings, 'initFrom' | 'stages'>;
}

/** The directory of the model that a stage starts from; null: new weights. */
export function startOf(
  { startsFrom }: Pick<Stage, 'startsFrom'>,
  known: readonly Stage[],
  { out, settings: { initFrom, stages } }: RunPlace,
): string | null {
  if (startsFrom === null) return null;
  if (known.some(({ name, leaves }) => name === startsFrom && leaves === 'vocabulary')) return initFrom;
  const own = join(out, startsFrom);
  return stages.includes(startsFrom) ? own : (initFrom ?? own);
}

/** The config of the model that the first training stage starts from; null where that is new, or is not there. */
export function startingModel(known: readonly Stage[], place: RunPlace): ModelConfig | null {
  const first = known.find(
    ({ name, prepare }) => prepare !== undefined && place.settings.stages.includes(name),
  );
  const { initFrom } = place.settings;
  if (initFrom !== null) refuseRun('--init-from', initFrom, known);
  const start = first === undefined ? initFrom : startOf(first, known, place);
  return start === null || !existsSync(locateDirectory(start)) ? null : configOfDirectory(start);
}

/** A model is one stage of a run: the run itself does not say which. */
export function refuseRun(flag: string, path: string, known: readonly Stage[]): void {
  if (existsSync(join(locateDirectory(path), CONFIG_FILE))) return;
  const models = known.filter(({ name }) => existsSync(join(locateDirectory(join(path, name)), CONFIG_FILE)));
  if (models.length === 0) return;
  throw new UserError(
    `${flag} ${path} is a whole run; name one of its stages: ${models.map(({ name }) => join(path, name)).join(', ')}`,
  );
}
