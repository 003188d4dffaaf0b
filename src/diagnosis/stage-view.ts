/**
 * One stage as the causes look at it: its curves beside the usual ones, its settings beside the usual ones.
 *
 *   view.deviations        curves that leave their band, on the side that is bad
 *   view.end('loss')       mean of the last tenth of its lines
 *   view.rateRatio         its highest learning rate, as a multiple of the usual one
 */
import type { Results } from '../evaluation/intervals.ts';
import { type KnobTable, valuesOf } from '../knobs.ts';
import type { Point } from '../report/metrics-lines.ts';
import { frameKnobs, type StageSettings } from '../training/settings.ts';
import type { Stage } from '../training/stage.ts';
import { type Deviation, deviationsOf } from './compare.ts';
import { headOf, tailOf } from './curve.ts';
import { marksOf } from './marks.ts';
import type { Band, ReferenceStage } from './reference.ts';
import type { RunRecord, StageRecord } from './run-record.ts';
import type { TextStatistics } from './text-statistics.ts';

/** How its data stands to that of the reference: the same files, some of them, or others altogether. */
export type SameData = 'all' | 'some' | 'none';

export class StageView {
  readonly record: StageRecord;
  readonly stage: Stage;
  readonly name: string;
  /** Null where there is none, or the data is another. */
  readonly reference: ReferenceStage | null;
  readonly sameData: SameData;
  readonly deviations: readonly Deviation[];
  readonly marks: Readonly<Record<string, number>>;
  /** Settings of the loop for this size, where nobody changes them. */
  readonly usual: StageSettings;
  /** What was measured after this stage, and before it. */
  readonly measured: Results | null;
  readonly measuredBefore: Results | null;
  /** A stage that it was made from is off. */
  readonly offBefore: string | null;
  /** Of the text that it learned, where it learned text and the run still holds it. */
  readonly text: TextStatistics | null;

  constructor(
    record: StageRecord,
    {
      run,
      reference,
      sameData,
      pace,
      offBefore,
      text,
    }: {
      readonly run: RunRecord;
      readonly reference: ReferenceStage | null;
      readonly sameData: SameData;
      readonly pace: number | null;
      readonly offBefore: string | null;
      readonly text: TextStatistics | null;
    },
  ) {
    this.record = record;
    this.stage = record.stage;
    this.name = record.stage.name;
    this.reference = sameData === 'none' ? null : reference;
    this.sameData = sameData;
    this.marks = marksOf(record.curves, pace);
    this.deviations = this.reference === null ? [] : deviationsOf(record, this.reference);
    this.offBefore = offBefore;
    this.text = text;
    const { preset = 'nano', quick = false } = run.settings ?? {};
    const layers = [this.stage.settings(preset), quick ? { ...this.stage.quick } : {}];
    this.usual = {
      ...valuesOf(frameKnobs, ...layers),
      ...(this.reference?.settings as Partial<StageSettings>),
    };
    this.measured = run.evaluation?.[this.name] ?? null;
    this.measuredBefore = run.evaluation?.[this.stage.startsFrom ?? ''] ?? run.evaluation?.init ?? null;
  }

  /** Points of a curve; empty where it was not logged. */
  points(name: string): readonly Point[] {
    return this.record.curves.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.points(name).length > 0;
  }

  /** The first value, if it is that of the first step. */
  first(name: string): number | null {
    const [point] = this.points(name);
    return point?.step === 1 ? point.value : null;
  }

  start(name: string): number {
    return headOf(this.points(name), 0.05);
  }

  end(name: string): number {
    return tailOf(this.points(name));
  }

  min(name: string): number {
    return Math.min(...this.points(name).map(({ value }) => value));
  }

  max(name: string): number {
    return Math.max(...this.points(name).map(({ value }) => value));
  }

  last(name: string): number | null {
    return this.points(name).at(-1)?.value ?? null;
  }

  /** Where it usually ends. */
  usualEnd(name: string): Band | null {
    const curve = this.reference?.curves[name];
    const [low, centre, high] = [curve?.low.at(-1), curve?.centre.at(-1), curve?.high.at(-1)];
    return typeof low === 'number' && typeof centre === 'number' && typeof high === 'number'
      ? { low, centre, high }
      : null;
  }

  deviation(...names: readonly string[]): Deviation | null {
    return this.deviations.find(({ name }) => names.includes(name)) ?? null;
  }

  /** It learns a language: the loss counts nats per token. */
  get isLanguage(): boolean {
    return this.stage.learnsFrom !== 'preferences';
  }

  /** It began with new weights. */
  get isFresh(): boolean {
    return Object.keys(this.record.origin?.model ?? {}).length > 0;
  }

  get isFinished(): boolean {
    const { done, steps } = this.record;
    return steps !== null && done >= steps;
  }

  /** Loss of guessing: ln V. */
  get guessing(): number | null {
    const { vocabSize } = this.record;
    return vocabSize === null ? null : Math.log(vocabSize);
  }

  setting(name: keyof StageSettings): unknown {
    return this.record.origin?.settings[name];
  }

  /** The value of one of its own knobs. */
  own(name: string): unknown {
    return this.record.origin?.own[name];
  }

  /** Highest learning rate it had, from the curve or else from its settings. */
  get peakRate(): number | null {
    if (this.has('lr')) {
      const isEarly = this.record.done < this.usual.warmup * 2; // then the highest is yet to come
      if (!isEarly) return this.max('lr');
    }
    const rate = this.setting('learningRate');
    return typeof rate === 'number' ? rate : null;
  }

  get rateRatio(): number | null {
    const { peakRate } = this;
    return peakRate === null ? null : peakRate / this.usual.learningRate;
  }

  /** Settings that differ from the usual ones: "epochs 1 (usually 4)". */
  changes(): string[] {
    const { origin } = this.record;
    if (origin === null) return [];
    const usualOwn = this.reference?.own ?? valuesOf<KnobTable>(this.stage.knobs, this.quickLayer());
    const differing = (made: Readonly<Record<string, unknown>>, usual: Readonly<Record<string, unknown>>) =>
      Object.entries(usual).flatMap(([name, value]) =>
        name in made && !UNTOLD.has(name) && JSON.stringify(made[name]) !== JSON.stringify(value)
          ? [`${name} ${JSON.stringify(made[name])} (usually ${JSON.stringify(value)})`]
          : [],
      );
    return [...differing(origin.settings, { ...this.usual }), ...differing(origin.own, usualOwn)];
  }

  private quickLayer() {
    return this.record.origin?.quick ? ({ ...this.stage.quick } as Readonly<Record<string, number>>) : {};
  }
}

/** Settings that change no number. */
const UNTOLD = new Set(['saveEvery', 'logEvery', 'evaluateEvery', 'activationCheckpointing', 'rewardFrom']);
