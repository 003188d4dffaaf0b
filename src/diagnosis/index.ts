/**
 * "Is my run normal?" Every stage of a run beside the reference curves of its preset and architecture, and beside what is known
 * of any run: where the loss begins, that it falls, that held-out data follows.
 *
 *   run directory  ->  run-record.ts  ->  stage-view.ts (curves beside their bands)  ->  causes/  ->  a verdict for each stage
 *
 *   normal       all curves that decide lie in their bands, and no cause speaks
 *   off          what is off, and up to two causes that usually make it so
 *   unfinished   nothing is off so far
 *   unjudged     nothing speaks against it, but there is no reference for this data or preset: only a part can be judged
 */
import { DEFAULT_ARCHITECTURE } from '../models/presets.ts';
import type { Stage } from '../training/stage.ts';
import type { Finding } from './causes/cause.ts';
import { causes } from './causes/index.ts';
import type { Deviation } from './compare.ts';
import { notesOf } from './notes.ts';
import { fileNameOf, findReference, paceOf, type Reference } from './reference.ts';
import { type RunRecord, readRun, type StageRecord } from './run-record.ts';
import { type SameData, StageView } from './stage-view.ts';
import { textStatistics } from './text-statistics.ts';

export type Verdict = 'normal' | 'off' | 'unfinished' | 'unjudged';

export interface NamedFinding extends Finding {
  readonly name: string;
}

export interface StageDiagnosis {
  readonly name: string;
  readonly verdict: Verdict;
  readonly done: number;
  readonly steps: number | null;
  readonly deviations: readonly Deviation[];
  /** The likeliest first, at most two. */
  readonly causes: readonly NamedFinding[];
  /** What was found in order, or is worth knowing. */
  readonly notes: readonly string[];
}

export interface Diagnosis {
  readonly run: string;
  /** What it was compared with; null where there is nothing. */
  readonly reference: { readonly name: string; readonly seeds: readonly number[] } | null;
  readonly stages: readonly StageDiagnosis[];
  /** What cannot be judged, and why, a sentence each. */
  readonly unjudged: readonly string[];
}

const MOST_CAUSES = 2;
/** A second cause is named if it is at least this likely beside the first. */
const WORTH_NAMING = 0.6;

/** `reference` in place of the shipped one. Throws a UserError where there is no run. */
export function diagnose(
  known: readonly Stage[],
  directory: string,
  { reference: given }: { readonly reference?: Reference | undefined } = {},
): Diagnosis {
  const run = readRun(known, directory);
  const unjudged = [...run.missing, ...run.strangers];
  const kind = run.settings === null ? null : { ...run.settings, arch: run.arch ?? DEFAULT_ARCHITECTURE };
  const reference = given ?? (kind === null ? null : findReference(kind));
  if (kind !== null && reference === null)
    unjudged.push(
      `there are no reference curves ${fileNameOf(kind)}: only what holds for any run can be judged`,
    );
  const isOwn = reference !== null && run.stages.length > 0 && isOwnData(run, reference);
  if (isOwn) {
    unjudged.push(
      'the data is not the shipped one, so the reference curves do not apply: judged are the start (ln V), the fall of the loss, ' +
        'held-out data, NaN, the learning rate and repeated text',
    );
  }
  for (const { stage } of isOwn ? [] : run.stages)
    if (reference !== null && reference.stages[stage.name] === undefined)
      unjudged.push(`${stage.name}: the reference has no curves of this stage`);
  if (run.stages.length === 0) {
    unjudged.push(
      run.settings === null
        ? 'nothing in it is a stage that this program knows: is it the run of another project?'
        : 'no stage of it has been trained yet',
    );
  }
  for (const name of run.absent) unjudged.push(`${name}: it was to be made, and there is nothing of it`);

  const off = new Set<string>();
  const stages = run.stages.map((record) => {
    const view = new StageView(record, {
      ...{ run, reference: reference?.stages[record.stage.name] ?? null, pace: paceOf(run) },
      sameData: reference === null || isOwn ? 'none' : sameDataOf(record, reference),
      offBefore: originsOf(record, run).find((name) => off.has(name)) ?? null,
      text: record.stage.learnsFrom === 'text' ? textStatistics(run.directory) : null,
    });
    const diagnosis = diagnoseStage(view);
    if (diagnosis.verdict === 'off') off.add(view.name);
    return diagnosis;
  });
  return {
    run: directory,
    reference:
      reference === null || isOwn || kind === null
        ? null
        : { name: fileNameOf(reference), seeds: reference.seeds },
    ...{ stages, unjudged },
  };
}

function diagnoseStage(view: StageView): StageDiagnosis {
  const { record, name, deviations } = view;
  const isEmpty = record.curves.size === 0;
  const found = isEmpty
    ? []
    : causes
        .flatMap((cause): NamedFinding[] => {
          const finding = cause.find(view);
          return finding === null ? [] : [{ name: cause.name, ...finding }];
        })
        .sort((a, b) => b.likelihood - a.likelihood)
        .filter(({ likelihood }, _, [likeliest]) => likelihood >= WORTH_NAMING * likeliest!.likelihood)
        .slice(0, MOST_CAUSES);
  const isOff = found.length > 0 || deviations.length > 0 || record.failed !== null;
  const verdict = isOff
    ? 'off'
    : !view.isFinished
      ? 'unfinished'
      : view.reference === null || isEmpty
        ? 'unjudged'
        : 'normal';
  return {
    name,
    verdict,
    done: record.done,
    steps: record.steps,
    deviations,
    causes: found,
    notes: notesOf(view),
  };
}

/** Nothing that the run learned from is a file of the reference. */
function isOwnData({ stages }: RunRecord, reference: Reference): boolean {
  const known = new Set(Object.values(reference.stages).flatMap(({ data }) => Object.values(data)));
  const made = stages.flatMap(({ origin }) => Object.values(origin?.data ?? {}));
  return made.length > 0 && !made.some((sum) => known.has(sum));
}

function sameDataOf({ stage, origin }: StageRecord, reference: Reference): SameData {
  const usual = reference.stages[stage.name]?.data ?? {};
  const made = origin?.data ?? {};
  return Object.entries(usual).every(([file, sum]) => made[file] === sum) ? 'all' : 'some';
}

/** The stages of the run that this one was made from: its start, and whoever scored its answers. */
function originsOf({ stage, origin }: StageRecord, { stages }: RunRecord): string[] {
  const scorers = stages.filter(
    (each) => origin?.from.rewards !== undefined && each.stage.leaves === 'rewards',
  );
  return [
    ...(stage.startsFrom === null ? [] : [stage.startsFrom]),
    ...scorers.map((each) => each.stage.name),
  ];
}
