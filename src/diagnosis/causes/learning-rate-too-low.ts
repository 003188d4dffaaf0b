/** Steps that are too short do not arrive: a smooth curve above the usual one that still falls when the stage ends. */
import { type Cause, endOf, type Finding, show } from './cause.ts';

const LITTLE = 0.4;

export const learningRateTooLow: Cause = {
  name: 'learning-rate-too-low',
  find(view): Finding | null {
    const ratio = view.rateRatio;
    if (ratio === null || ratio > LITTLE || view.has('kl')) return null;
    const off = view.deviation('loss', 'accuracy', 'margin');
    const hardlyFalls =
      view.reference === null &&
      view.points('loss').length > 5 &&
      view.end('loss') > 0.7 * view.start('loss');
    if (off === null && !hardlyFalls) return null;
    return {
      says: `the learning rate is too low: ${show(1 / ratio)} times below the usual one`,
      likelihood: 0.9,
      evidence: [
        `highest learning rate ${show(view.peakRate ?? 0)}, usually ${show(view.usual.learningRate)}`,
        endOf(view, off?.name ?? 'loss'),
      ],
      advice: `leave out --lr, or give ${show(view.usual.learningRate)}; or train longer (--epochs)`,
    };
  },
};
