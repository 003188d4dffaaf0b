/**
 * Reference curves: how the numbers of a stage usually go, for one preset and architecture.
 *
 *   docs/results/curves/PRESET-ARCHITECTURE.json
 *   { preset, arch, quick, seeds, stages: { STAGE: { steps, settings, own, context, data, curves, marks } } }
 *
 * A curve is { low, centre, high } at each share of the grid (curve.ts), a mark one such band (marks.ts). The centre is the mean
 * over the seeds. The band is three deviations wide on each side, four where there are three seeds (a deviation of three values is
 * little more than a guess), and at least what FLOORS says. The files are made by docs/results/make-curves.ts.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  anything,
  boolean,
  type Infer,
  list,
  nullable,
  number,
  object,
  parse,
  record,
  text,
} from '../schema.ts';
import { readText } from '../storage/read-file.ts';
import { GRID, meanOf, resample } from './curve.ts';
import { marksOf, speedOf } from './marks.ts';
import type { RunRecord, StageRecord } from './run-record.ts';

export const CURVES_FOLDER = fileURLToPath(new URL('../../docs/results/curves', import.meta.url));

const values = list(nullable(number()), { min: GRID, max: GRID });
const stageSchema = object({
  steps: number({ min: 1 }),
  settings: record(anything()),
  own: record(anything()),
  context: number({ min: 1 }),
  /** SHA-256 of the files that it learned from. */
  data: record(text()),
  curves: record(object({ low: values, centre: values, high: values })),
  marks: record(object({ low: number(), centre: number(), high: number() })),
});
const referenceSchema = object({
  preset: text(),
  arch: text(),
  quick: boolean(),
  seeds: list(number(), { min: 1 }),
  stages: record(stageSchema),
});

export type Reference = Infer<typeof referenceSchema>;
export type ReferenceStage = Infer<typeof stageSchema>;
export type ReferenceCurve = ReferenceStage['curves'][string];
export interface Band {
  readonly low: number;
  readonly centre: number;
  readonly high: number;
}

type Kind = Pick<Reference, 'preset' | 'arch' | 'quick'>;

export function fileNameOf({ preset, arch, quick }: Kind): string {
  return `${preset}-${arch}${quick ? '-quick' : ''}.json`;
}

/** The shipped curves of this kind of run; null where there are none. */
export function findReference(kind: Kind, folder = CURVES_FOLDER): Reference | null {
  const name = fileNameOf(kind);
  const path = join(folder, name);
  return /^[\w.-]+$/.test(name) && existsSync(path) ? parse(referenceSchema, readText(path), path) : null;
}

/** Half of a band is at least this: a share of the centre, and a number. */
const FLOORS: readonly (readonly [names: RegExp, share: number, least: number])[] = [
  [/^(loss|heldOutLoss|firstLoss|earlyLoss)$/, 0.15, 0.03],
  [/gradNorm/i, 0.6, 0.1],
  [/accuracy/i, 0, 0.06],
  [/LogProb$/, 0.15, 1],
  [/margin|Reward$/i, 0.35, 0.5],
  [/^kl/, 0.5, 0.5],
  [/^speed$/, 0.35, 0],
  [/^(answerTokens|entropy|heldOutEntropy)$/, 0.3, 0.05],
];
const OTHER_FLOOR = [/./, 0.25, 0.15] as const;
/** Losses of pairs are small at the end and differ much between seeds, by the few pairs that stay wrong. */
const PAIR_FLOOR = [/loss$/i, 0.4, 0.05] as const;

/** What is a setting and not an outcome, or depends on the machine. */
const NOT_COMPARED = new Set(['lr', 'klCoefficient', 'tokensPerSecond']);

/** The curves of several runs that differ in nothing but their seeds. */
export function makeReference(runs: readonly RunRecord[]): Reference {
  const [first] = runs;
  if (first === undefined) throw new TypeError('a reference is made of at least one run');
  const names = first.stages.map(({ stage }) => stage.name);
  const stages = names.flatMap((name) => {
    const records = runs.flatMap((run) => {
      const record = run.stages.find(({ stage }) => stage.name === name);
      return record === undefined || record.origin === null || record.done < (record.steps ?? 0)
        ? []
        : [{ run, record }];
    });
    return records.length === 0 ? [] : [[name, stageOf(records)] as const];
  });
  return {
    preset: first.settings?.preset ?? '',
    arch: first.arch ?? '',
    quick: first.settings?.quick ?? false,
    seeds: runs.map(({ settings }) => settings?.seed ?? 0),
    stages: Object.fromEntries(stages),
  };
}

interface Made {
  readonly run: RunRecord;
  readonly record: StageRecord;
}

function stageOf(made: readonly Made[]): ReferenceStage {
  const { origin, curves, steps, done } = made[0]!.record; // never called with none
  const { settings = {}, own = {}, context = 1, data = {} } = origin ?? {};
  const names = [...curves.keys()].filter((name) => !NOT_COMPARED.has(name));
  const ofPairs = curves.has('accuracy');
  const resampled = (name: string) =>
    made.map(({ record }) => resample(record.curves.get(name) ?? [], record.steps ?? record.done));
  const marks = made.map(({ run, record }) => marksOf(record.curves, paceOf(run)));
  return {
    ...{ settings, own, context, data, steps: steps ?? done },
    curves: Object.fromEntries(names.map((name) => [name, curveOf(name, resampled(name), ofPairs)])),
    marks: Object.fromEntries(
      Object.keys(marks[0] ?? {}).map((name) => {
        const own = marks.flatMap((each) => (each[name] === undefined ? [] : [each[name]]));
        return [name, bandOf(name, own, deviationOf(own), ofPairs)];
      }),
    ),
  };
}

/** Speed of the first trained stage of a run. */
export function paceOf({ stages }: Pick<RunRecord, 'stages'>): number | null {
  const [first] = stages;
  return first === undefined ? null : speedOf(first.curves);
}

function curveOf(
  name: string,
  seeds: readonly (readonly (number | null)[])[],
  ofPairs: boolean,
): ReferenceCurve {
  const columns = Array.from({ length: GRID }, (_, i) =>
    seeds.flatMap((values) => (values[i] === null || values[i] === undefined ? [] : [values[i]])),
  );
  // The deviation of a place is that of its neighbourhood: three values say little.
  const deviations = columns.map(deviationOf);
  const bands = columns.map((column, i) => {
    const near = deviations.slice(Math.max(0, i - 2), i + 3);
    return column.length === 0 ? null : bandOf(name, column, Math.max(deviations[i]!, meanOf(near)), ofPairs);
  });
  const side = (key: keyof Band) => bands.map((band) => (band === null ? null : band[key]));
  return { low: side('low'), centre: side('centre'), high: side('high') };
}

function bandOf(name: string, values: readonly number[], deviation: number, ofPairs: boolean): Band {
  const centre = meanOf(values);
  const floors = ofPairs ? [PAIR_FLOOR, ...FLOORS] : FLOORS;
  const [, share, least] = floors.find(([names]) => names.test(name)) ?? OTHER_FLOOR;
  const n = values.length;
  const half = Math.max(
    3 * deviation * (n > 1 ? Math.sqrt((n + 1) / (n - 1)) : 1),
    share * Math.abs(centre),
    least,
  );
  const isShare = /accuracy|cutOff/i.test(name);
  const isPositive = isShare || (centre >= 0 && /loss|gradNorm/i.test(name));
  const low = isPositive ? Math.max(0, centre - half) : centre - half;
  return {
    low: round(low),
    centre: round(centre),
    high: round(isShare ? Math.min(1, centre + half) : centre + half),
  };
}

function deviationOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

const round = (value: number) => Number(value.toPrecision(4));

/** The text of a file of curves: a line for each side of a curve. */
export function formatReference(reference: Reference): string {
  const text = JSON.stringify(reference, null, 1);
  return `${text.replace(/\[[^[\]{}]*\]/g, (numbers) => numbers.replace(/\s+/g, ' '))}\n`;
}
