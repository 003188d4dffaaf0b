/**
 * A run as its files tell it: settings, sessions, and for every stage its curves, how far it came and what it was made of.
 *
 * It reads runs that are unfinished, were made by another version or have lost files: what is missing becomes a sentence, and the
 * rest is judged. Only a directory that is no run at all is refused.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Results } from '../evaluation/intervals.ts';
import { type Curves, readMetrics } from '../report/metrics-lines.ts';
import {
  readEvaluation,
  readSessions,
  readSettings,
  type ShownSession,
  type ShownSettings,
} from '../report/run-files.ts';
import { nullable, number, object, parse, text, withDefault } from '../schema.ts';
import { locateDirectory } from '../storage/atomic.ts';
import { configOfDirectory } from '../storage/model-directory.ts';
import { readText } from '../storage/read-file.ts';
import { locateRun, RUN_FILE } from '../storage/run-directory.ts';
import { strangers } from '../training/belonging.ts';
import { HISTORY_FILE } from '../training/history.ts';
import { METRICS_FILE } from '../training/metrics.ts';
import { ORIGIN_FILE, type Origin, readOrigin } from '../training/origin.ts';
import type { Stage } from '../training/stage.ts';

export interface StageRecord {
  readonly stage: Stage;
  readonly curves: Curves;
  /** Steps made, as the lines tell it, and in the whole stage; null where no file says. */
  readonly done: number;
  readonly steps: number | null;
  /** Step of the last checkpoint; null where there is none. */
  readonly saved: number | null;
  readonly origin: Origin | null;
  readonly vocabSize: number | null;
  /** What ended it, where it failed. */
  readonly failed: string | null;
}

export interface RunRecord {
  readonly directory: string;
  readonly settings: ShownSettings | null;
  readonly arch: string | null;
  /** Trained stages that the run holds, in order. */
  readonly stages: readonly StageRecord[];
  /** Stages that it was to make and of which there is nothing. */
  readonly absent: readonly string[];
  readonly evaluation: Readonly<Record<string, Results>> | null;
  /** Stages that do not belong together, a sentence each. */
  readonly strangers: readonly string[];
  /** What cannot be judged, a sentence each. */
  readonly missing: readonly string[];
}

const stateSchema = object({ step: number({ min: 0 }), steps: number({ min: 1 }) });
const archSchema = object({ arch: withDefault(nullable(text()), null) });

export function readRun(known: readonly Stage[], given: string): RunRecord {
  const directory = locateRun(given);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UserError(`${given} is not a directory; a run is a directory such as runs/default`);
  const trained = known.filter(({ prepare }) => prepare !== undefined);
  const marks = [RUN_FILE, METRICS_FILE, ...trained.map(({ name }) => `${name}/${ORIGIN_FILE}`)];
  if (!marks.some((name) => existsSync(join(directory, name)))) {
    throw new UserError(
      `${given} holds no run: there is neither ${RUN_FILE} nor ${METRICS_FILE} in it; a run is what src/train.ts leaves`,
    );
  }
  const missing: string[] = [];
  const attempt = <T>(without: string, read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      missing.push(`${without}: ${error.message}`);
      return null;
    }
  };
  const settings = attempt('No reference can be chosen', () => readSettings(join(directory, RUN_FILE)));
  const sessions = existsSync(join(directory, HISTORY_FILE))
    ? (attempt('Times and failures are unknown', () => readSessions(join(directory, HISTORY_FILE))) ?? [])
    : [];
  const metrics = attempt('No curve can be judged', () => readMetrics(join(directory, METRICS_FILE)));
  missing.push(...(metrics?.problems ?? []));
  const stages = trained.flatMap((stage): StageRecord[] => {
    const folder = locateDirectory(join(directory, stage.name));
    const curves = metrics?.stages.get(stage.name);
    if (curves === undefined && !existsSync(folder)) return [];
    const origin = attempt(`${stage.name}: its settings are unknown`, () => readOrigin(folder));
    const state = existsSync(join(folder, STATE_FILE))
      ? attempt(`${stage.name}: how far it came is unknown`, () =>
          parse(stateSchema, readText(join(folder, STATE_FILE)), join(folder, STATE_FILE)),
        )
      : null;
    const logged = Math.max(0, ...(curves?.get('loss') ?? []).map(({ step }) => step));
    return [
      {
        ...{ stage, origin, curves: curves ?? new Map() },
        done: Math.max(logged, state?.step ?? 0),
        steps: state?.steps ?? null,
        saved: state?.step ?? null,
        vocabSize: vocabSizeOf(folder),
        failed: failureOf(stage.name, sessions),
      },
    ];
  });
  const foreign = [...(metrics?.stages.keys() ?? [])].filter(
    (name) => !known.some((stage) => stage.name === name),
  );
  for (const name of foreign) missing.push(`${name}: this program knows no such stage, so it is not judged`);
  return {
    ...{ directory, settings, stages, missing },
    arch: archOf(directory, stages),
    absent: (settings?.stages ?? []).filter(
      (name) =>
        trained.some((stage) => stage.name === name) && !stages.some(({ stage }) => stage.name === name),
    ),
    evaluation: existsSync(join(directory, 'evaluation.json'))
      ? attempt('No evaluation can be judged', () => readEvaluation(join(directory, 'evaluation.json')))
      : null,
    strangers: strangers(known, directory).filter((sentence) => !sentence.endsWith('what it was made of')),
  };
}

const STATE_FILE = 'trainer_state.json';

/** The architecture: as asked for, or that of the models. */
function archOf(directory: string, stages: readonly StageRecord[]): string | null {
  for (const { stage, origin } of stages) {
    const made = origin?.model.arch;
    if (typeof made === 'string') return made;
    const config = quietly(() => configOfDirectory(join(directory, stage.name)));
    if (config !== null) return config.arch;
  }
  return quietly(() => parse(archSchema, readText(join(directory, RUN_FILE)), RUN_FILE).arch);
}

function vocabSizeOf(folder: string): number | null {
  return quietly(() => configOfDirectory(folder))?.vocabSize ?? null;
}

function quietly<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

const sessionsOf = (name: string, sessions: readonly ShownSession[]) =>
  sessions.filter(({ seconds, failed }) => name in seconds || (failed !== undefined && name in failed));

/** The sentence of the last session that made the stage, where that failed. */
function failureOf(name: string, sessions: readonly ShownSession[]): string | null {
  return sessionsOf(name, sessions).at(-1)?.failed?.[name] ?? null;
}
