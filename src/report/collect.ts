/**
 * Everything a report shows, from the directory of a run. Each part may be missing: then a sentence says so and the rest stands.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type DataFiles, locateData } from '../data/layout.ts';
import { FaultError, UserError } from '../errors.ts';
import type { Results } from '../evaluation/evaluate.ts';
import { type Shown, showcase } from '../evaluation/showcase.ts';
import { activeParameterCount } from '../models/shapes.ts';
import { locateDirectory } from '../storage/atomic.ts';
import { type LoadedModel, loadModelDirectory } from '../storage/model-directory.ts';
import { RUN_FILE, runSwap } from '../storage/run-directory.ts';
import { familyOf, strangers } from '../training/belonging.ts';
import { HISTORY_FILE } from '../training/history.ts';
import { stages as allStages, stageNamed } from '../training/stages/index.ts';
import { type Asked, answersOf, chooseQuestions, type StageAnswer } from './answers.ts';
import { type AttentionWeights, attendedAnswer } from './attention.ts';
import { chooseExam, type DrawnAnswer, drawAnswers, type Exam } from './drawn.ts';
import { type MetricsLines, readMetrics } from './metrics-lines.ts';
import { attentionOf, type OwnText, readOwnText } from './own-text.ts';
import {
  readEvaluation,
  readSessions,
  readSettings,
  type ShownSession,
  type ShownSettings,
} from './run-files.ts';

export interface Answers {
  readonly asked: readonly Asked[];
  /** Stage -> one answer per question. */
  readonly stages: ReadonlyMap<string, readonly StageAnswer[]>;
}

export interface Drawn {
  readonly questions: readonly string[];
  /** Stage -> for each question some answers. */
  readonly stages: ReadonlyMap<string, readonly (readonly DrawnAnswer[])[]>;
}

export interface ReportData {
  readonly name: string;
  readonly settings: ShownSettings | null;
  /** Architecture and size of the last model, in words. */
  readonly model: string | null;
  readonly sessions: readonly ShownSession[];
  readonly metrics: MetricsLines | null;
  readonly evaluation: Readonly<Record<string, Results>> | null;
  /** Five answers of the stage that chat.ts takes. */
  readonly showcase: { readonly stage: string; readonly shown: readonly Shown[] } | null;
  readonly answers: Answers | null;
  readonly drawn: Drawn | null;
  readonly attention: { readonly stage: string; readonly weights: AttentionWeights } | null;
  /** Of a run that has text alone. */
  readonly ownText?: OwnText | null;
  /** What each stage was made from, and which of them do not belong together: a line each. */
  readonly family: readonly string[];
  readonly strangers: readonly string[];
  /** What the report does without, and lines left out: one sentence each. */
  readonly missing: readonly string[];
}

/** `data` in place of the data directory that run.json names. Throws a UserError where there is no run at all. */
export async function collectReport(given: string, data?: string, signal?: AbortSignal): Promise<ReportData> {
  const run = locateDirectory(given, runSwap); // in the middle of its swap it has another name
  if (statSync(run, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UserError(`${given} is not a directory; a run is a directory such as runs/default`);
  const known = [RUN_FILE, 'metrics.jsonl', 'evaluation.json', ...allStages.map(({ name }) => name)];
  if (!known.some((name) => existsSync(join(run, name))))
    throw new UserError(`${run} holds no run: there is neither run.json nor metrics.jsonl in it`);

  const missing: string[] = [];
  const attempt = <T>(part: string, read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      missing.push(missingPart(part, error));
      return null;
    }
  };
  const settings = attempt('the settings', () => readSettings(join(run, RUN_FILE)));
  const sessions = attempt('command, versions and times', () => readSessions(join(run, HISTORY_FILE))) ?? [];
  const metrics = attempt('the curves', () => readMetrics(join(run, 'metrics.jsonl')));
  missing.push(...(metrics?.problems ?? []));
  const evaluation = attempt('the evaluation', () => readEvaluation(join(run, 'evaluation.json')));
  const place = data ?? settings?.data;
  const ownText = attempt('the texts over time', () => readOwnText(run, place, metrics));
  const written =
    ownText === null
      ? null
      : await attentionOf(run, ownText).catch((error: unknown) => {
          missing.push(missingPart('model and attention map', error));
          return null;
        });
  const readQuestions = () => {
    if (place === undefined) throw new UserError('run.json does not say which data it was; give --data');
    const files = locateData(place);
    const questions = chooseQuestions(files);
    if (questions.length === 0) throw new UserError(`${place} has no eval/facts-*.jsonl`);
    return { questions, exam: chooseExam(files), files };
  };
  const asked = ownText === null ? attempt('the questions', readQuestions) : null;
  const talk = asked === null ? null : await askStages(run, settings, { ...asked, signal }, missing);
  return {
    name: basename(resolve(given)),
    settings,
    sessions,
    metrics,
    evaluation,
    family: attempt('what the stages were made from', () => familyOf(allStages, run)) ?? [],
    strangers: strangers(allStages, run),
    missing,
    ...(talk ?? nothing),
    ownText,
    ...(written === null ? {} : { attention: written, model: describeModel(written.loaded.model) }),
  };
}

const nothing = { model: null, showcase: null, answers: null, drawn: null, attention: null };

interface Interview {
  readonly questions: readonly Asked[];
  readonly exam: Exam | null;
  readonly files: DataFiles;
  readonly signal: AbortSignal | undefined;
}

async function askStages(
  run: string,
  settings: ShownSettings | null,
  { questions: asked, exam, files, signal }: Interview,
  missing: string[],
): Promise<Pick<ReportData, 'model' | 'showcase' | 'answers' | 'drawn' | 'attention'>> {
  const stages = new Map<string, StageAnswer[]>();
  const draws = new Map<string, DrawnAnswer[][]>();
  let last: { stage: string; loaded: LoadedModel; isBase: boolean } | null = null;
  let speaker: { stage: string; loaded: LoadedModel; rank: number } | null = null; // the one that chat.ts takes
  for (const [stage, folder] of talkingStages(run, settings)) {
    const isBase = stageNamed(stage)?.leaves === 'base';
    try {
      const loaded = loadModelDirectory(folder);
      stages.set(stage, await answersOf(loaded, asked, isBase, signal));
      if (exam !== null && !isBase) draws.set(stage, await drawAnswers(loaded, exam, signal));
      last = { stage, loaded, isBase };
      const rank = stageNamed(stage)?.chatRank ?? 0;
      if (!isBase && rank >= (speaker?.rank ?? 0)) speaker = { stage, loaded, rank };
    } catch (error) {
      missing.push(missingPart(`the answers of ${stage}`, error));
    }
  }
  if (last === null) {
    if (stages.size === 0)
      missing.push(`Without the answers and the attention map: ${run} has no model that talks`);
    return nothing;
  }
  const { stage, loaded, isBase } = last;
  const answers = stages.get(stage)!;
  // A right answer shows more than a wrong one.
  const looked =
    asked[
      Math.max(
        0,
        answers.findIndex(({ correct }) => correct === true),
      )
    ]!;
  const weights = await attendedAnswer(loaded, looked.question.question, isBase);
  const drawn = exam === null || draws.size === 0 ? null : { questions: exam.questions, stages: draws };
  const model = describeModel(loaded.model);
  const shown = speaker === null ? [] : await showcase(speaker.loaded, files, signal);
  return {
    model,
    showcase: speaker === null || shown.length === 0 ? null : { stage: speaker.stage, shown },
    answers: { asked, stages },
    drawn,
    attention: { stage, weights },
  };
}

/** Stages that left a language model, in the order of training; the model it all began with where there is none. */
function talkingStages(run: string, settings: ShownSettings | null): [string, string][] {
  const present = allStages
    .filter(({ leaves }) => leaves === 'base' || leaves === 'chat')
    .map(({ name }): [string, string] => [name, join(run, name)])
    .filter(([, folder]) => existsSync(locateDirectory(folder)));
  const from = settings?.initFrom ?? null;
  return present.length === 0 && from !== null ? [['init', from]] : present;
}

/** "tinyllm, 1,055,360 parameters" */
export function describeModel(model: LoadedModel['model']): string {
  const all = model.parameterCount();
  const active = activeParameterCount(model.config);
  const share = active === all ? '' : `, ${active.toLocaleString('en')} of them for a token`;
  return `${model.config.arch}, ${all.toLocaleString('en')} parameters${share}`;
}

function missingPart(part: string, error: unknown): string {
  if (!(error instanceof UserError || error instanceof FaultError)) throw error;
  return `Without ${part}: ${error.message}`;
}
