/**
 * What defines a run: kept in run.json, so that `--resume` needs no flag repeated and changes nothing silently.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { prettyJson } from '../formats/json.ts';
import { writeFileAtomically } from '../storage/atomic.ts';
import { readText } from '../storage/read-file.ts';
import type { AlignmentSettings } from './alignment-settings.ts';
import { type StageSettings, trainableStages } from './settings.ts';

export const stageNames = ['tokenizer', ...trainableStages, 'evaluate'] as const;
export type StageName = (typeof stageNames)[number];

export interface RunSettings {
  readonly preset: string;
  readonly stages: readonly StageName[];
  readonly data: string;
  readonly initFrom: string | null;
  readonly seed: number;
  /** Tokens in a row; the preset's context by default. */
  readonly context: number | null;
  /** Size of the vocabulary; the preset's by default, or less where the corpus is small. */
  readonly vocabSize: number | null;
  /** Changes of stage settings, for all stages. */
  readonly changes: Partial<StageSettings>;
  /** Changes of alignment settings; absent in runs of before there were any. */
  readonly alignment?: Partial<AlignmentSettings>;
  /** Directory of the reward model for PPO; the run's own by default. */
  readonly rewardFrom?: string | null;
  /** Where it computes: other kernels round differently, so a resumed run keeps to it. */
  readonly backend: string;
  /** Mode of the gpu backend; the best that starts by default. */
  readonly gpuMode: string | null;
  readonly deterministic: boolean;
  /** Every stage in seconds, on a part of the data: to see that it all works. */
  readonly quick: boolean;
}

export function writeRunSettings(out: string, settings: RunSettings): void {
  writeFileAtomically(join(out, 'run.json'), prettyJson(settings));
}

/** Settings of an earlier run. A flag given now that says something else is refused. */
export function resumeRunSettings(out: string, given: Partial<RunSettings>): RunSettings {
  const path = join(out, 'run.json');
  if (!existsSync(path))
    throw new UserError(`--resume: there is no run in ${out}; start one without --resume`);
  let saved: RunSettings;
  try {
    saved = JSON.parse(readText(path)) as RunSettings;
  } catch (error) {
    throw new UserError(`${path} is damaged (${(error as Error).message}); this run cannot be resumed`);
  }
  for (const [name, value] of Object.entries(given)) {
    const before = saved[name as keyof RunSettings];
    const differs =
      name === 'changes' || name === 'alignment'
        ? Object.entries(value as object).some(([key, v]) => (before as Record<string, unknown>)?.[key] !== v)
        : JSON.stringify(before) !== JSON.stringify(value);
    if (differs) {
      throw new UserError(
        `--resume: the run in ${out} was started with ${name} ${JSON.stringify(before)}, not ${JSON.stringify(value)}; ` +
          'leave the flag out, or start another run with --out',
      );
    }
  }
  return saved;
}
