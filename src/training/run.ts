/**
 * A run: a directory in which each stage leaves one of its own, which the next one starts from.
 *
 *   runs/NAME/run.json          settings            metrics.jsonl     loss, rate and speed over the steps of all stages
 *   runs/NAME/tokenizer/        the vocabulary      evaluation.json   all tasks of all stages
 *   runs/NAME/corpus/*.bin      tokenized text      history.json      command, versions and seconds of each session
 *   runs/NAME/samples.jsonl     texts drawn while a model of text alone learned
 *   runs/NAME/report.html, report.md   all of it to look at
 *   runs/NAME/STAGE/            a Hugging Face checkpoint each, with the state to resume beside it
 *
 * Opening a run refuses what settings and names of files rule out; preflight.ts then reads all that it is going to be made from.
 * Nothing is written until `begin`, which lets the stages that are made again, and those made from them, make room in one step
 * (renewal.ts).
 */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type DataFiles, locateData } from '../data/layout.ts';
import { FaultError, guardDisk } from '../errors.ts';
import { type KnobTable, valuesOf } from '../knobs.ts';
import type { ModelConfig } from '../models/config.ts';
import { locateDirectory } from '../storage/atomic.ts';
import { makeDirectories } from '../storage/disk.ts';
import { configOfDirectory } from '../storage/model-directory.ts';
import { replacedStages } from './belonging.ts';
import { RunHistory } from './history.ts';
import { type Origin, vocabularyIn, weightsIn } from './origin.ts';
import { renewRun } from './renewal.ts';
import type { Reporter } from './reporter.ts';
import { checkRun } from './run-checks.ts';
import { configOf, contextOf, hasRunSettings, type RunSettings, writeRunSettings } from './run-settings.ts';
import { frameKnobs, type StageSettings } from './settings.ts';
import type { CheckPlace, Stage } from './stage.ts';
import { startOf } from './start.ts';

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
  /** Stages in the directory that this run makes again, and those made from them. */
  readonly replaced: readonly string[];
  private dataSums: ReadonlyMap<string, string> = new Map();
  private readonly command: string | null;
  private history: RunHistory | null = null;
  private readonly began = performance.now();

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
    this.replaced = options.resume ? [] : replacedStages(known, this.out, settings.stages);
    checkRun(this);
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

  /** True if an earlier session left the stage, and this one neither makes it again nor anything that it was made from. */
  keeps(stage: string): boolean {
    return this.has(stage) && !this.replaced.includes(stage);
  }

  willHave(stage: string): boolean {
    return this.willRun(stage) || this.keeps(stage);
  }

  /** The vocabulary of the run, where --init-from does not bring one. */
  private tokenizerDirectory(): string {
    const maker = this.known.find(({ leaves }) => leaves === 'vocabulary');
    if (maker === undefined) throw new TypeError('None of the stages leaves a tokenizer');
    return this.directoryOf(maker.name);
  }

  /** The model that a stage starts from; null: new weights. */
  startOf(stage: Stage): string | null {
    return startOf(stage, this.known, this);
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
      willRun: (name) => this.willRun(name),
      willHave: (name) => this.willHave(name),
      directoryOf: (name) => this.directoryOf(name),
    };
  }

  /** Tokens in a row of the first stage that trains, and so of all. */
  context(): number {
    const first = this.stages.find(({ prepare }) => prepare !== undefined);
    const start = first === undefined ? null : this.startOf(first);
    const known = start !== null && existsSync(locateDirectory(start)) ? configOfDirectory(start) : null;
    return contextOf(this.settings, (known ?? configOf(this.settings)).maxPositionEmbeddings);
  }

  /** Where the vocabulary is, or is going to be. */
  vocabularyDirectory(): string {
    return this.settings.initFrom ?? this.tokenizerDirectory();
  }

  /** True if the vocabulary is yet to be made. */
  makesVocabulary(): boolean {
    return this.stages.some(
      ({ name, leaves }) => leaves === 'vocabulary' && !(this.resume && this.has(name)),
    );
  }

  /** What the stage is made of, as this run would make it: for its record, and to compare with that of an earlier session. */
  originOf(stage: Stage): Origin {
    const { settings } = this;
    const { seed, quick } = settings;
    const isFirst = stage.leaves === 'vocabulary';
    const start = this.startOf(stage);
    const { rewards } = stage.reads?.(this.placeOf(stage)) ?? {};
    const from = {
      vocabulary: isFirst ? null : vocabularyIn(this.vocabularyDirectory()),
      model: start === null ? null : weightsIn(start),
      rewards: rewards === undefined ? null : weightsIn(rewards),
    };
    return {
      ...{ stage: stage.name, seed, context: this.context(), quick },
      settings: isFirst ? {} : this.settingsOf(stage),
      own: isFirst ? { vocabSize: settings.vocabSize } : this.ownOf(stage),
      model: start === null ? { ...configOf(settings) } : {},
      from: Object.fromEntries(Object.entries(from).filter(([, sum]) => sum !== null)),
      data: this.dataOf(stage),
    };
  }

  /** SHA-256 of the files that a stage learns from, by their names. */
  private dataOf({ learnsFrom, leaves }: Stage): Record<string, string> {
    const { files, dataSums } = this;
    const read = {
      text: [files.pretrain, files.heldOut, leaves === 'vocabulary' ? files.sft : null],
      dialogues: [files.sft, files.sftHeldOut],
      preferences: [files.preferences, files.preferencesHeldOut],
    }[learnsFrom];
    const names = read.flatMap((path) => (path === null ? [] : [relative(dirname(files.pretrain), path)]));
    // A set in several files is a directory of that name.
    const isRead = (file: string) => names.some((name) => file === name || file.startsWith(`${name}/`));
    return Object.fromEntries([...dataSums].filter(([file]) => isRead(file)));
  }

  /** What preflight has found in the data. */
  knowsData(sums: ReadonlyMap<string, string>): void {
    this.dataSums = sums;
  }

  /**
   * From here on the directory of the run is written to, after every check: looking at a run, or a command that is refused, must
   * not make it forget what it was about to do.
   */
  begin(): void {
    if (this.history !== null) return;
    const { out, settings, resume, reporter, stages, replaced } = this;
    if (!resume && replaced.length > 0) {
      const kept = this.known.filter(({ name }) => this.keeps(name)).map(({ name }) => name);
      const aside = renewRun(out, kept, settings);
      reporter.note(`${out} held an earlier run with ${replaced.join(', ')}; it is now ${aside}`);
      if (kept.length > 0) reporter.note(`kept from it: ${kept.join(', ')}`);
    } else if (!resume) {
      guardDisk(out, () => makeDirectories(out));
      if (stages.length > 0 || !hasRunSettings(out)) writeRunSettings(out, settings);
    }
    this.history = new RunHistory(out, { command: this.command, backend: this.backend });
  }

  /** True once there is something in the directory of the run that --resume goes on from. */
  get hasBegun(): boolean {
    return this.resume || this.history !== null;
  }

  /** Seconds since the run began, those of earlier sessions too. */
  spent(): number {
    return (performance.now() - this.began) / 1000 + (this.history?.earlierSeconds() ?? 0);
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
    } catch (error) {
      if (error instanceof FaultError) this.history?.recordFailure(name, error.message);
      throw error;
    } finally {
      this.record(name, (performance.now() - began) / 1000);
    }
  }

  private layersOf(stage: Pick<Stage, 'settings' | 'quick'>) {
    const { preset, quick, changes } = this.settings;
    return [stage.settings(preset), quick ? { ...stage.quick } : {}, changes];
  }
}
