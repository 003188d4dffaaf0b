/** A loss or a gradient that is no number: the stage ends there, since every later number would be none either. */
import { type Cause, type Finding, show } from './cause.ts';

export const notFinite: Cause = {
  name: 'not-finite',
  find(view): Finding | null {
    const { failed } = view.record;
    const isOurs = failed !== null && /\b(NaN|Infinity)\b/.test(failed);
    // A line with a learning rate and no loss: JSON has no word for NaN, so `null` was written.
    const hasLoss = new Set(view.points('loss').map(({ step }) => step));
    const lost = hasLoss.size === 0 ? undefined : view.points('lr').find(({ step }) => !hasLoss.has(step));
    if (!isOurs && lost === undefined) return null;
    const ratio = view.rateRatio;
    return {
      says: 'the loss or a gradient became NaN: it is no number any more',
      likelihood: 1,
      evidence: [
        isOurs ? failed : `the line of step ${lost?.step} has a learning rate and no loss`,
        ...(ratio === null ? [] : [`the learning rate is ${show(ratio)} times the usual one`]),
      ],
      advice:
        'a lower --lr and a longer --warmup are the usual cure; if it stays, withAnomalyMode (src/tensor) names the operation and ' +
        'the shapes that broke',
    };
  },
};
