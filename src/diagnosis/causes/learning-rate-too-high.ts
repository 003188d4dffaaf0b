/**
 * Steps that are too long jump over the valley: the loss is spiky or stays high, gradients are long, and in the end it diverges.
 */
import type { Point } from '../../report/metrics-lines.ts';
import { medianOf } from '../curve.ts';
import { type Cause, endOf, type Finding, percent, show } from './cause.ts';

const MUCH = 2.5;
const SPIKE = 1.3;
const WINDOW = 8;

export const learningRateTooHigh: Cause = {
  name: 'learning-rate-too-high',
  find(view): Finding | null {
    const ratio = view.rateRatio;
    const loss = view.points('loss');
    const drawn = view.has('kl');
    const spikes = drawn ? 0 : spikesOf(loss);
    const lowest = view.has('loss') ? view.min('loss') : 0;
    const rises =
      !drawn && view.isLanguage && loss.length > 10 && view.end('loss') > 1.5 * lowest && lowest > 0.2;
    const isOff =
      view.deviations.length > 0 &&
      view.deviation('loss', 'gradNorm', 'kl', 'accuracy', 'gold', 'heldOutLoss') !== null;
    const stuck =
      view.reference === null && !drawn && loss.length > 10 && view.end('loss') > 0.9 * view.start('loss');
    const broke = view.record.failed !== null;
    const isMuch = ratio !== null && ratio >= MUCH;
    const suffers = isOff || rises || stuck || broke || spikes > 0.05;
    const isWild =
      spikes > 0.05 && (rises || isOff || view.reference === null) && (ratio === null || ratio >= 1.2);
    if (!(isMuch && suffers) && !isWild && !rises) return null;
    return {
      says: isMuch
        ? `the learning rate is too high: ${show(ratio)} times the usual one`
        : 'the learning rate may be too high',
      likelihood: isMuch ? 0.9 : 0.5,
      evidence: [
        ...(ratio === null
          ? []
          : [`highest learning rate ${show(view.peakRate ?? 0)}, usually ${show(view.usual.learningRate)}`]),
        ...(isOff && view.has('loss') && !drawn ? [endOf(view, 'loss')] : []),
        ...(view.deviation('gradNorm') ? [endOf(view, 'gradNorm')] : []),
        ...(spikes > 0.05
          ? [`${percent(spikes)} of its lines are spikes, ${SPIKE} times the loss around them`]
          : []),
        ...(rises ? [`the loss was ${show(lowest)} and rose again to ${show(view.end('loss'))}`] : []),
        ...(stuck
          ? [`the loss began at ${show(view.start('loss'))} and ended at ${show(view.end('loss'))}`]
          : []),
      ],
      advice: isMuch
        ? `leave out --lr, or give ${show(view.usual.learningRate)}`
        : 'try a third of --lr, or a longer --warmup',
    };
  },
};

/** Share of the points that stand out of the median of those before them. */
function spikesOf(points: readonly Point[]): number {
  const values = points.map(({ value }) => value);
  const first = Math.max(WINDOW, Math.ceil(0.1 * values.length));
  const later = values.slice(first);
  if (later.length < 5) return 0;
  const isSpike = (value: number, i: number) => {
    const around = medianOf(values.slice(first + i - WINDOW, first + i));
    return value > SPIKE * around && value - around > 0.2;
  };
  return later.filter(isSpike).length / later.length;
}
