/**
 * What a stage is: one object in a file of training/stages/, from which everything else (order, flags, checks, evaluation,
 * report, chat) is read. Adding a stage is writing such a file and naming it in stages/index.ts.
 *
 *   the object's fields       what it starts from, learns from and leaves; its settings
 *   prepare(place)            data read, models loaded: what to train, one update at a time (loop.ts trains it, checkpoint.ts
 *                             saves it)
 *   make(place)               or, where nothing is trained by gradients, the files it leaves
 */
import type { DataFiles } from '../data/layout.ts';
import type { FileMap } from '../formats/file-map.ts';
import type { KnobTable, ValuesOf } from '../knobs.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Random } from '../tensor/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import type { Training } from './loop.ts';
import type { Role } from './origin.ts';
import type { Reporter } from './reporter.ts';
import type { StageSettings } from './settings.ts';

/** `text` of the corpus, `dialogues`, or `preferences` between answers. */
export type Lesson = 'text' | 'dialogues' | 'preferences';

/** A `vocabulary`, or a model: `base` continues text, `chat` answers, `rewards` scores answers. */
export type Product = 'vocabulary' | 'base' | 'chat' | 'rewards';

export interface Stage<T extends KnobTable = KnobTable> {
  /** Also its directory in a run, and its name on the command line. */
  readonly name: string;
  /** The stage it goes on from, by name; null: it is the first. */
  readonly startsFrom: string | null;
  readonly learnsFrom: Lesson;
  readonly leaves: Product;
  /** Of the models of a run that can chat, src/chat.ts takes the one with the highest number. */
  readonly chatRank?: number;
  /** Its part of the time of a run that has a limit (--minutes), beside those of the other stages; 1 by default. */
  readonly share?: number;
  /** False: only where --stages names it. */
  readonly byDefault?: boolean;
  /** What a step counts, for progress and report. */
  readonly lossUnit?: string;
  /** What the score of an answer counts, for the report: deviations of a reward model where it does not say. */
  scoreUnit?(own: ValuesOf<T>): string | undefined;
  /** Settings of the loop that differ from the defaults for this size of model. */
  settings(preset: string): Partial<StageSettings>;
  /** What --quick changes, on top. */
  readonly quick?: Partial<StageSettings & ValuesOf<T>>;
  /** The hyper-parameters of its algorithm. */
  readonly knobs: T;
  /** Knobs of the loop that it has no use for. */
  readonly ignores?: readonly (keyof StageSettings)[];
  /** Refuse with a UserError what cannot work, before any work. */
  check?(place: CheckPlace<ValuesOf<T>>): void;
  /** Model directories that it reads beside the one it starts from. */
  reads?(place: CheckPlace<ValuesOf<T>>): Partial<Record<Role, string>>;
  /** Refuse data of which nothing can be learned with this vocabulary and context; before anything is trained. */
  rehearse?(place: RehearsalPlace<ValuesOf<T>>): void;
  prepare?(place: StagePlace<ValuesOf<T>>): Training | Promise<Training>;
  make?(place: MakePlace): FileMap | Promise<FileMap>;
}

/** For a stage that makes its files in one go. */
export interface MakePlace {
  readonly files: DataFiles;
  /** Size of the vocabulary: asked for, or the preset's, which a small corpus may not reach. */
  readonly vocabSize: number;
  readonly isAskedFor: boolean;
  readonly context: number;
  readonly quick: boolean;
  readonly reporter: Reporter;
  /** Aborted where the user asks to stop: `make` then throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What is known before any work. */
export interface CheckPlace<Own = ValuesOf<KnobTable>> {
  readonly files: DataFiles;
  /** The values of its knobs. */
  readonly own: Own;
  /** True if the run is going to make this stage. */
  willRun(stage: string): boolean;
  /** The same, or an earlier run left it. */
  willHave(stage: string): boolean;
  /** Where a stage of this run is, or is going to be. */
  directoryOf(stage: string): string;
}

/** What is known once there is a vocabulary. */
export interface RehearsalPlace<Own = ValuesOf<KnobTable>> extends CheckPlace<Own> {
  readonly tokenizer: Tokenizer;
  /** Tokens in a row. */
  readonly context: number;
}

/** What preparing a stage has at hand. */
export interface StagePlace<Own = ValuesOf<KnobTable>> extends RehearsalPlace<Own> {
  readonly name: string;
  /** The model to go on from: fresh, or what the stage before left in `start`. */
  readonly model: CausalLM;
  readonly start: string | null;
  /** Of initial weights and dropout. */
  readonly random: Random;
  readonly settings: StageSettings;
  readonly seed: number;
  /** A part of the data is enough. */
  readonly quick: boolean;
  /** A directory of the run for tokenized text. */
  readonly corpus: string;
  readonly reporter: Reporter;
  /** Aborted where the user asks to stop: `prepare` then throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A stage with knobs of its own, in a list of stages with any. */
export function defineStage<T extends KnobTable>(stage: Stage<T>): Stage {
  return stage as unknown as Stage;
}

/** Values of a table by preset; sizes that it does not name are the large ones. */
export function forPreset<V extends object>(
  table: { readonly large: V } & Readonly<Record<string, V>>,
  preset: string,
): V {
  return table[preset] ?? table.large;
}
