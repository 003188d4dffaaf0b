/**
 * A cause: something that spoils runs, and how it is recognised in the numbers of a stage. One file each; index.ts lists them.
 *
 * `find` looks at one stage and returns null where the numbers do not speak for this cause. What it returns is an opinion with its
 * reasons: the evidence is always numbers of this run, so that the reader can disagree.
 */
import type { StageView } from '../stage-view.ts';

export interface Cause {
  /** For --json and tests. */
  readonly name: string;
  find(view: StageView): Finding | null;
}

export interface Finding {
  /** What is the matter, one sentence without its full stop. */
  readonly says: string;
  /** 0 to 1: which of two causes is named first. */
  readonly likelihood: number;
  /** Numbers that speak for it, a line each. */
  readonly evidence: readonly string[];
  /** What to try. */
  readonly advice: string;
}

/** A number as a person reads it. */
export function show(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(1);
  return size >= 100
    ? value.toFixed(0)
    : size >= 10
      ? value.toFixed(1)
      : size >= 1
        ? value.toFixed(2)
        : value.toFixed(3);
}

export const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** "loss 2.61 at the end, usually 0.96 to 1.20": for a curve that has a band; without one only the value. */
export function endOf(view: StageView, name: string): string {
  const band = view.usualEnd(name);
  const usual = band === null || !view.isFinished ? '' : `, usually ${show(band.low)} to ${show(band.high)}`;
  return `${name} ${show(view.end(name))} at the end${usual}`;
}
