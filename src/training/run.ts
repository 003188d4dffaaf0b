/**
 * A run: a directory in which each stage leaves one of its own, which the next one starts from.
 *
 *   runs/NAME/run.json          settings            metrics.jsonl     loss, rate and speed over the steps of all stages
 *   runs/NAME/tokenizer/        the vocabulary      evaluation.json   all tasks of all stages
 *   runs/NAME/corpus/*.bin      tokenized text      history.json      command, versions and seconds of each session
 *   runs/NAME/report.html, report.md   all of it to look at
 *   runs/NAME/STAGE/            a Hugging Face checkpoint each, with the state to resume beside it
 *
 * Opening a run refuses what settings and names of files rule out, before any work; a broken record or damaged weights are found
 * when their stage reads them. Nothing is written until `begin`.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type DataFiles, locateData } from '../data/layout.ts';
import { guardDisk, UserError } from '../errors.ts';
import { flagName, type KnobTable, valuesOf } from '../knobs.ts';
import { architectureNamed } from '../models/architectures/index.ts';
import { checkConfig } from '../models/check-config.ts';
import type { ModelConfig } from '../models/config.ts';
import { locateDirectory, setAside } from '../storage/atomic.ts';
import { configOfDirectory, kindOfDirectory } from '../storage/model-directory.ts';
import { RunHistory } from './history.ts';
import type { Reporter } from './reporter.ts';
import {
  configOf,
  hasRunSettings,
  modelChanges,
  type RunSettings,
  writeRunSettings,
} from './run-settings.ts';
import { frameKnobs, type StageSettings } from './settings.ts';
import type { CheckPlace, Stage } from './stage.ts';

export interface RunOptions {
  readonly out: string;
  readonly settings: RunSettings;
  readonly resume: boolean;
  readonly reporter: Reporter;
  /** The command that started it, for the report. */
  readonly command?: string;
  /** Aborted where the user asks to stop: the part of the run that is being done saves what it can and throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

export class Run {
  readonly out: string;
  settings: RunSettings;
  readonly resume: boolean;
  readonly reporter: Reporter;
  /** Name of the backend that computes, for metrics and progress. */
  backend = 'reference';
  readonly signal: AbortSignal | undefined;
  readonly files: DataFiles;
  /** Every stage there is, and those that this run is going to make. */
  readonly known: readonly Stage[];
  readonly stages: readonly Stage[];
  private readonly command: string | null;
  private history: RunHistory | null = null;

  constructor(known: readonly Stage[], options: RunOptions) {
    const { settings } = options;
    this.out = options.out;
    this.settings = settings;
    this.resume = options.resume;
    this.reporter = options.reporter;
    this.command = options.command ?? null;
    this.signal = options.signal;
    this.known = known;
    this.stages = known.filter(({ name }) => settings.stages.includes(name));
    this.files = locateData(settings.data);
    for (const stage of this.stages) this.check(stage);
    const isNew = this.stages.some((stage) => stage.prepare !== undefined && this.startOf(stage) === null);
    if (isNew) checkConfig(configOf(settings), `the ${settings.preset} model`);
  }

  /** What computes was chosen: its name, and what a resumed run must choose again. */
  computesOn({
    name,
    decided = {},
  }: {
    readonly name: string;
    readonly decided?: Partial<RunSettings>;
  }): void {
    this.backend = name;
    this.settings = { ...this.settings, ...decided };
  }

  /**
   * What is going to be computed, for that choice: the model, and the tokens of one micro-batch. Undefined: nothing is trained.
   */
  work(): { readonly config: ModelConfig; readonly tokens: number } | undefined {
    const first = this.stages.find(({ prepare }) => prepare !== undefined);
    if (first === undefined) return undefined;
    const config = configOf(this.settings);
    return { config, tokens: this.settingsOf(first).batchSize * config.maxPositionEmbeddings };
  }

  /** Where a stage is, or is going to be. */
  directoryOf(stage: string): string {
    return join(this.out, stage);
  }

  /** True if it has left something. */
  has(stage: string): boolean {
    return existsSync(locateDirectory(this.directoryOf(stage)));
  }

  willRun(stage: string): boolean {
    return this.settings.stages.includes(stage);
  }

  /** True if this run makes the stage, or an earlier one left it and does not have to make room for this one. */
  willHave(stage: string): boolean {
    return this.willRun(stage) || (this.has(stage) && !this.makesRoom());
  }

  /** True if this run begins at the beginning in the directory of an earlier one. */
  private makesRoom(): boolean {
    return (
      !this.resume && this.stages.some(({ leaves }) => leaves === 'vocabulary') && hasRunSettings(this.out)
    );
  }

  /** The vocabulary of the run, where --init-from does not bring one. */
  tokenizerDirectory(): string {
    const maker = this.known.find(({ leaves }) => leaves === 'vocabulary');
    if (maker === undefined) throw new TypeError('None of the stages leaves a tokenizer');
    return this.directoryOf(maker.name);
  }

  /**
   * Where a stage starts: what the one before it leaves in this run, else --init-from, else what it left earlier. Null: new
   * weights.
   */
  startOf({ startsFrom }: Stage): string | null {
    const { initFrom } = this.settings;
    if (startsFrom === null) return null;
    if (this.known.some(({ name, leaves }) => name === startsFrom && leaves === 'vocabulary'))
      return initFrom;
    return this.willRun(startsFrom)
      ? this.directoryOf(startsFrom)
      : (initFrom ?? this.directoryOf(startsFrom));
  }

  /** Settings of the loop for a stage: those of the stage for this preset, of --quick, and flags on top. */
  settingsOf(stage: Stage): StageSettings {
    return valuesOf(frameKnobs, ...this.layersOf(stage));
  }

  /** The values of its own knobs. */
  ownOf({ knobs, ...stage }: Stage) {
    return valuesOf<KnobTable>(knobs, ...this.layersOf(stage));
  }

  /** What a stage is asked about before any work. */
  placeOf(stage: Stage): CheckPlace {
    return {
      files: this.files,
      own: this.ownOf(stage),
      willHave: (name) => this.willHave(name),
      directoryOf: (name) => this.directoryOf(name),
    };
  }

  /**
   * From here on the directory of the run is written to. An earlier run in it makes room for one that begins at the beginning;
   * looking at a run must not make it forget what it was about to do.
   */
  begin(): void {
    if (this.history !== null) return;
    const { out, settings, resume, reporter, stages } = this;
    if (!resume) {
      if (this.makesRoom()) reporter.note(`${out} held an earlier run; it is now ${setAside(out)}`);
      guardDisk(out, () => mkdirSync(join(out, 'corpus'), { recursive: true }));
      if (stages.length > 0 || !hasRunSettings(out)) writeRunSettings(out, settings);
    }
    this.history = new RunHistory(out, { command: this.command, backend: this.backend });
  }

  /** True once there is something in the directory of the run that --resume goes on from. */
  get hasBegun(): boolean {
    return this.resume || this.history !== null;
  }

  /** Note the seconds that a part of the run took. */
  record(name: string, seconds: number): void {
    this.history?.record(name, seconds);
  }

  /** Do a part of the run and note its time, however it ends. */
  async time<T>(name: string, job: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await job();
    } finally {
      this.record(name, (performance.now() - began) / 1000);
    }
  }

  private layersOf(stage: Pick<Stage, 'settings' | 'quick'>) {
    const { preset, quick, changes } = this.settings;
    return [stage.settings(preset), quick ? { ...stage.quick } : {}, changes];
  }

  /** A model to start from is what it is: settings that say otherwise are refused. */
  private checkStart(start: string): void {
    const { arch, context, changes } = this.settings;
    if (kindOfDirectory(start) === 'reward')
      throw new UserError(`${start} holds a reward model, but a language model is needed here`);
    const config = configOfDirectory(start);
    const { maxPositionEmbeddings: limit } = config;
    if (arch !== null && arch !== config.arch)
      throw new UserError(`--arch ${arch}: the model in ${start} is of the architecture ${config.arch}`);
    if (context !== null && context > limit)
      throw new UserError(`--context ${context} is longer than the ${limit} tokens of the model in ${start}`);
    const [turned] = Object.keys(modelChanges(config.arch, changes));
    if (turned !== undefined && this.stages.every((stage) => this.startOf(stage) !== null)) {
      const { knobs } = architectureNamed(config.arch);
      throw new UserError(
        `--${flagName(turned, knobs[turned])} is for a new model; the one in ${start} has its own`,
      );
    }
  }

  private check(stage: Stage): void {
    const { settings, files } = this;
    const { data, initFrom } = settings;
    const lacking = lackOf(stage, files);
    if (lacking !== null) {
      throw new UserError(
        `--data ${data} has no ${lacking}, which the stage ${stage.name} needs; add it, or leave the stage out of --stages`,
      );
    }
    if (stage.leaves === 'vocabulary' && initFrom !== null)
      throw new UserError(`--init-from brings its own tokenizer; leave "${stage.name}" out of --stages`);
    const own = this.directoryOf(stage.name);
    if (initFrom !== null && resolve(initFrom) === resolve(own)) {
      throw new UserError(
        `--init-from ${initFrom}: the stage ${stage.name} of this run is written there; choose another --out`,
      );
    }
    const { startsFrom } = stage;
    if (startsFrom !== null && initFrom === null && !this.willHave(startsFrom)) {
      throw new UserError(
        `The stage ${stage.name} starts from ${this.directoryOf(startsFrom)}, which does not exist; run ` +
          `"${startsFrom}" first or give --init-from`,
      );
    }
    const start = this.startOf(stage);
    if (start !== null && !(startsFrom !== null && this.willRun(startsFrom))) this.checkStart(start);
    stage.check?.(this.placeOf(stage));
  }
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
