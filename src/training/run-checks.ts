/**
 * What a run is refused for before anything is read or written: settings and names of files that cannot work together.
 */
import { existsSync, realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type DataFiles, locateData } from '../data/layout.ts';
import { UserError } from '../errors.ts';
import { flagName } from '../knobs.ts';
import { architectureNamed } from '../models/architectures/index.ts';
import { checkConfig } from '../models/check-config.ts';
import { configOfDirectory, kindOfDirectory } from '../storage/model-directory.ts';
import { readTrainerState } from './checkpoint.ts';
import type { Run } from './run.ts';
import { configOf, hasRunSettings, modelChanges } from './run-settings.ts';
import type { Stage } from './stage.ts';
import { refuseRun } from './start.ts';

export function checkRun(run: Run): void {
  const { settings, stages, out, replaced, known } = run;
  if (replaced[0] !== undefined && !hasRunSettings(out)) {
    throw new UserError(
      `${join(out, replaced[0])} is in the way: ${out} is not a run (it has no run.json); choose another --out`,
    );
  }
  const { rewardFrom } = settings.changes;
  const rewards = typeof rewardFrom === 'string' ? rewardFrom : null;
  if (settings.initFrom !== null) refuseRun('--init-from', settings.initFrom, known);
  if (rewards !== null) refuseRun('--reward-from', rewards, known);
  for (const stage of stages) checkStage(stage, run);
  const isNew = stages.some((stage) => stage.prepare !== undefined && run.startOf(stage) === null);
  if (isNew) {
    const config = configOf(settings);
    architectureNamed(config.arch).checkKnobs?.(settings.changes);
    checkConfig(config, `the ${settings.preset} model`);
  }
  const measured = known.filter(({ name, leaves }) => leaves !== 'vocabulary' && run.willHave(name));
  if (stages.length < settings.stages.length && measured.length === 0 && settings.initFrom === null)
    throw new UserError(`There is nothing to evaluate in ${out}; train a stage first or give --init-from`);
  refuseLost('--init-from', settings.initFrom, run);
  refuseLost('--data', settings.data, run);
  refuseLost('--reward-from', rewards, run);
}

function checkStage(stage: Stage, run: Run): void {
  const { settings, files } = run;
  const { data, initFrom } = settings;
  const lacking = lackOf(stage, files);
  if (lacking !== null) {
    throw new UserError(
      `--data ${data} has no ${lacking}, which the stage ${stage.name} needs; add it, or leave the stage out of --stages`,
    );
  }
  if (stage.leaves === 'vocabulary' && initFrom !== null)
    throw new UserError(`--init-from brings its own tokenizer; leave "${stage.name}" out of --stages`);
  if (initFrom !== null && real(initFrom) === real(run.directoryOf(stage.name))) {
    throw new UserError(
      `--init-from ${initFrom}: the stage ${stage.name} of this run is written there; choose another --out`,
    );
  }
  const { startsFrom } = stage;
  if (startsFrom !== null && initFrom === null && !run.willRun(startsFrom))
    requireStart(stage, startsFrom, run);
  const start = run.startOf(stage);
  if (start !== null && !(startsFrom !== null && run.willRun(startsFrom))) checkStart(start, run);
  stage.check?.(run.placeOf(stage));
}

/** The stage before it, which this run does not make, has to be there and finished. */
function requireStart(stage: Stage, startsFrom: string, run: Run): void {
  const directory = run.directoryOf(startsFrom);
  if (!run.keeps(startsFrom)) {
    throw new UserError(
      `The stage ${stage.name} starts from ${directory}, which ${run.has(startsFrom) ? 'this run replaces' : 'does not exist'}; ` +
        `run "${startsFrom}" first or give --init-from`,
    );
  }
  const state = readTrainerState(directory);
  if (state === null || state.step >= state.steps) return;
  throw new UserError(
    `The stage ${stage.name} starts from ${directory}, which is not finished (${state.step} of ${state.steps} steps); ` +
      'continue that with --resume first, or name it with --init-from to take it as it is',
  );
}

/** A model to start from is what it is: settings that say otherwise are refused. */
function checkStart(start: string, run: Run): void {
  const { arch, context, changes } = run.settings;
  if (kindOfDirectory(start) === 'reward')
    throw new UserError(`${start} holds a reward model, but a language model is needed here`);
  const config = configOfDirectory(start);
  const { maxPositionEmbeddings: limit } = config;
  if (arch !== null && arch !== config.arch)
    throw new UserError(`--arch ${arch}: the model in ${start} is of the architecture ${config.arch}`);
  if (context !== null && context > limit)
    throw new UserError(`--context ${context} is longer than the ${limit} tokens of the model in ${start}`);
  const [turned] = Object.keys(modelChanges(config.arch, changes));
  if (turned !== undefined && run.stages.every((stage) => run.startOf(stage) !== null)) {
    const { knobs } = architectureNamed(config.arch);
    throw new UserError(
      `--${flagName(turned, knobs[turned])} is for a new model; the one in ${start} has its own`,
    );
  }
}

/** What is read must still be there once the stages that are made again have made room. */
function refuseLost(flag: string, path: string | null, run: Run): void {
  if (path === null || run.replaced.length === 0) return;
  const inside = relative(real(run.out), real(path));
  if (inside.startsWith('..') || inside === '' || resolve(inside) === inside) return;
  const [part] = inside.split('/');
  if (run.known.some(({ name }) => name === part && run.keeps(name))) return;
  throw new UserError(
    `${flag} ${path} is a part of the run in ${run.out} that makes room for the stages made again; choose another --out`,
  );
}

function real(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}

/** The file that a stage learns from and the data does not have; null where it has it. */
function lackOf({ learnsFrom }: Stage, files: DataFiles): string | null {
  if (learnsFrom === 'dialogues' && files.sft === null) return 'sft.jsonl';
  return learnsFrom === 'preferences' && files.preferences === null ? 'preferences.jsonl' : null;
}

/** Stages of a run that names none: all that the data allows, each with all that it builds on. */
export function possibleStages(known: readonly Stage[], data: string, initFrom: string | null): Stage[] {
  const files = locateData(data);
  const allows = (stage: Stage): boolean => {
    if (stage.leaves === 'vocabulary') return initFrom === null && !files.pretrain.endsWith('.bin');
    const before = known.find(({ name, leaves }) => name === stage.startsFrom && leaves !== 'vocabulary');
    return lackOf(stage, files) === null && (before === undefined || allows(before));
  };
  return known.filter((stage) => (stage.byDefault ?? true) && allows(stage));
}
