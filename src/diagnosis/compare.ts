/**
 * A stage's curves against their bands: which of them leave it on the side that is bad, from when on, and how far.
 *
 * A curve is off if a quarter of it lies outside, or if it ends outside. Lower losses and higher accuracies than usual are no
 * fault (a loss that is far too low is one: causes/labels-unshifted.ts).
 */
import { GRID, meanOf, resample, shareOf } from './curve.ts';
import type { ReferenceCurve, ReferenceStage } from './reference.ts';
import type { StageRecord } from './run-record.ts';

export interface Deviation {
  readonly name: string;
  readonly side: 'above' | 'below';
  /** Share of the steps from which on it is outside. */
  readonly from: number;
  /** Share of the compared places that lie outside. */
  readonly outside: number;
  /** Where it is last, and the band there. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** How far outside, at most, in halves of the band's width. */
  readonly excess: number;
  readonly endsOutside: boolean;
}

/** The side that is bad. What is not here is drawn and recorded, and decides nothing. */
const BAD_SIDE: Readonly<Record<string, readonly Deviation['side'][]>> = {
  loss: ['above'],
  heldOutLoss: ['above'],
  gradNorm: ['above'],
  accuracy: ['below'],
  heldOutAccuracy: ['below'],
  margin: ['below'],
  chosenLogProb: ['below'],
  kl: ['above'],
  score: ['below'],
  gold: ['below'],
  cutOff: ['above'],
  entropy: ['below'],
  leastLoad: ['below'],
  dropped: ['above'],
};
/** Not judged in a stage that draws answers: it measures no distance to a goal. */
const NOT_WHILE_DRAWING = new Set(['loss']);
const ENOUGH_OUTSIDE = 0.25;
/** Places at the end of the curve that decide how it ends. */
const LAST_PLACES = 2;

export function deviationsOf(record: StageRecord, reference: ReferenceStage): Deviation[] {
  const steps = record.steps ?? Math.max(reference.steps, record.done);
  const draws = record.curves.has('kl');
  return Object.entries(BAD_SIDE).flatMap(([name, sides]) => {
    const band = Object.hasOwn(reference.curves, name) ? reference.curves[name] : undefined;
    const points = record.curves.get(name);
    if (band === undefined || points === undefined || (draws && NOT_WHILE_DRAWING.has(name))) return [];
    const values = resample(points, steps);
    return sides.flatMap((side) => deviationOf(name, side, values, band) ?? []);
  });
}

function deviationOf(
  name: string,
  side: Deviation['side'],
  values: readonly (number | null)[],
  band: ReferenceCurve,
): Deviation | null {
  const places = values.flatMap((value, i) => {
    const [low, centre, high] = [band.low[i], band.centre[i], band.high[i]];
    if (value === null || typeof low !== 'number' || typeof centre !== 'number' || typeof high !== 'number')
      return [];
    const half = (high - low) / 2;
    const beyond = side === 'above' ? value - high : low - value;
    return [{ share: shareOf(i), value, low, high, excess: beyond / half }];
  });
  const last = places.slice(-LAST_PLACES);
  const end = last.at(-1);
  if (end === undefined) return null;
  const out = places.filter(({ excess }) => excess > 0);
  const outside = out.length / places.length;
  const isWhole = places.length === GRID; // one that is not finished has no end
  const endsOutside = isWhole && last.every(({ excess }) => excess > 0);
  if (outside < ENOUGH_OUTSIDE && !endsOutside) return null;
  return {
    ...{ name, side, outside, endsOutside, from: out[0]?.share ?? 0 },
    value: meanOf(last.map(({ value }) => value)),
    ...{ low: end.low, high: end.high },
    excess: Math.max(...out.map(({ excess }) => excess)),
  };
}
