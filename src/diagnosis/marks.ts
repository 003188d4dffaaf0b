/**
 * What a resampled curve is too coarse for: single numbers of a stage, which have a usual band too.
 *
 *   firstLoss       loss of the first step, before any update
 *   earlyGradNorm   longest gradient of the first ten steps: without a warm-up these are wild
 *   earlyLoss       highest loss of the first ten steps
 *   speed           tokens per second, as a share of that of the run's first stage: machines differ, their ratios hardly do
 */
import type { Curves, Point } from '../report/metrics-lines.ts';
import { medianOf } from './curve.ts';

const EARLY_STEPS = 10;

/** Those marks that the lines of a stage allow. `pace` is the speed of the run's first stage. */
export function marksOf(curves: Curves, pace: number | null): Record<string, number> {
  const marks: Record<string, number> = {};
  const [loss = [], gradNorm = []] = [curves.get('loss'), curves.get('gradNorm')];
  if (loss[0]?.step === 1) {
    marks.firstLoss = loss[0].value;
    marks.earlyLoss = highest(loss);
    if (gradNorm.length > 0) marks.earlyGradNorm = highest(gradNorm);
  }
  const speed = speedOf(curves);
  if (speed !== null && pace !== null) marks.speed = speed / pace;
  return marks;
}

const highest = (points: readonly Point[]) =>
  Math.max(...points.filter(({ step }) => step <= EARLY_STEPS).map(({ value }) => value));

/** Tokens per second, the median over the lines; null where there is none. */
export function speedOf(curves: Curves): number | null {
  const points = curves.get('tokensPerSecond') ?? [];
  return points.length === 0 ? null : medianOf(points.map(({ value }) => value));
}
