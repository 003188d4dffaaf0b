/**
 * A curve by the share of a stage's steps that are done, 0 to 1: so runs of different length can lie on each other.
 *
 *   points of metrics.jsonl  ->  one value at each of GRID shares: the mean of the points around it
 *
 * Single steps jump; a mean over a twenty-fifth of the stage does not.
 */
import type { Point } from '../report/metrics-lines.ts';

/** Values of a resampled curve, from the first to the last step. */
export const GRID = 25;

export const shareOf = (index: number) => index / (GRID - 1);

/** A value at each share of the grid; null beyond the last point. `steps` are those of the whole stage. */
export function resample(points: readonly Point[], steps: number): (number | null)[] {
  const around = 0.5 / (GRID - 1);
  const placed = points.map(({ step, value }) => ({ share: step / steps, value }));
  const last = placed.at(-1)?.share ?? -1;
  return Array.from({ length: GRID }, (_, i) => {
    const share = shareOf(i);
    if (share - around > last) return null;
    const near = placed.filter((point) => Math.abs(point.share - share) <= around);
    return near.length > 0 ? meanOf(near.map(({ value }) => value)) : between(placed, share);
  });
}

/** On the straight line between the neighbours, or the nearest value outside of all. */
function between(points: readonly { share: number; value: number }[], share: number): number | null {
  const after = points.findIndex((point) => point.share >= share);
  const next = points[after];
  const before = after === -1 ? points.at(-1) : points[after - 1];
  if (before === undefined || next === undefined) return (before ?? next)?.value ?? null;
  const way = (share - before.share) / (next.share - before.share);
  return before.value + way * (next.value - before.value);
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2; // never called with none
}

/** Mean of the values in the first or last share of the points; at least one. */
export function headOf(points: readonly Point[], share = 0.1): number {
  return meanOf(points.slice(0, Math.max(1, Math.round(share * points.length))).map(({ value }) => value));
}

export function tailOf(points: readonly Point[], share = 0.1): number {
  return meanOf(points.slice(-Math.max(1, Math.round(share * points.length))).map(({ value }) => value));
}
