/**
 * What a stage is surrounded by: the run it belongs to, the stage it continues from, and its settings.
 */
import { join } from 'node:path';
import type { DataFiles } from '../data/layout.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { ModelConfig } from '../models/config.ts';
import { preset } from '../models/presets.ts';
import type { Random } from '../tensor/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { type AlignmentSettings, alignmentSettings } from './alignment-settings.ts';
import type { Trainer } from './checkpoint.ts';
import type { LoopHooks } from './loop.ts';
import type { Reporter } from './reporter.ts';
import type { RunSettings } from './run-settings.ts';
import { QUICK, type StageSettings, stageSettings, type TrainableStage } from './settings.ts';

export interface RunContext {
  readonly out: string;
  readonly settings: RunSettings;
  readonly resume: boolean;
  readonly reporter: Reporter;
  /** Name of the backend that computes, for metrics and progress. */
  readonly backend: string;
  /** The command that started it, for the report. */
  readonly command?: string;
  readonly shouldStop: () => boolean;
}

/** What each stage continues from. */
export const parents: Readonly<Record<TrainableStage, 'tokenizer' | TrainableStage>> = {
  pretrain: 'tokenizer',
  sft: 'pretrain',
  reward: 'sft',
  ppo: 'sft',
  dpo: 'sft',
};

/** A stage ready to train. */
export interface Prepared {
  readonly trainer: Trainer;
  readonly steps: number;
  /** SHA-256 of what it learns from. */
  readonly data: string;
  train(startStep: number, hooks: LoopHooks): Promise<number>;
  /** What to say once it is finished. */
  summary?(): Promise<string | null>;
}

/** What preparing a stage has at hand. */
export interface StageContext {
  readonly run: RunContext;
  readonly files: DataFiles;
  readonly tokenizer: Tokenizer;
  /** The model to start from: fresh, or what the parent stage left. */
  readonly model: CausalLM;
  readonly random: Random;
  readonly settings: StageSettings;
  /** Tokens in a row. */
  readonly context: number;
}

/** Settings of a stage: the preset's, those of --quick, flags on top. */
export function settingsOf(
  stage: TrainableStage,
  { preset: name, quick, changes }: RunSettings,
): StageSettings {
  const isBasic = stage === 'pretrain' || stage === 'sft';
  return stageSettings(name, stage, {
    ...(quick ? (isBasic ? QUICK.stage : QUICK.alignmentStage) : {}),
    ...changes,
  });
}

/** Alignment settings of a run. */
export function alignmentOf({ quick, alignment }: RunSettings): AlignmentSettings {
  const small = quick ? { rollouts: QUICK.rollouts, maxNewTokens: QUICK.maxNewTokens } : {};
  return alignmentSettings({ ...small, ...alignment });
}

/** Tokens in a row. */
export function contextOf({ context, quick }: RunSettings, { maxPositionEmbeddings }: ModelConfig): number {
  return context ?? (quick ? Math.min(QUICK.context, maxPositionEmbeddings) : maxPositionEmbeddings);
}

/** The directory a stage starts from: its parent's if that is part of the run, else --init-from, else what an earlier run left; null: none. */
export function startingDirectory(stage: TrainableStage, { out, settings }: RunContext): string | null {
  const parent = parents[stage];
  if (parent === 'tokenizer') return settings.initFrom;
  if (settings.stages.includes(parent)) return join(out, parent);
  return settings.initFrom ?? join(out, parent);
}

/** What a run is going to compute: the model of its preset, and the tokens of one micro-batch. */
export function workOf(settings: RunSettings): { config: ModelConfig; tokens: number } {
  const base = preset(settings.preset);
  const vocabSize = settings.vocabSize ?? (settings.quick ? QUICK.vocabSize : base.vocabSize);
  const { batchSize } = settingsOf('pretrain', settings);
  return { config: { ...base, vocabSize }, tokens: batchSize * contextOf(settings, base) };
}
