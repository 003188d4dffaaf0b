/** Learned by heart: the loss on what is trained goes on falling, that on held-out data turns and rises. */
import { type Cause, type Finding, percent, show } from './cause.ts';

const RISE = 1.1;

export const heldOutGap: Cause = {
  name: 'held-out-gap',
  find(view): Finding | null {
    const points = view.points('heldOutLoss');
    if (points.length < 3 || !view.has('loss')) return null;
    const last = points.at(-1)!.value; // there are three
    const best = points.reduce((lowest, point) => (point.value < lowest.value ? point : lowest));
    const rose = last > RISE * best.value && best.step < 0.85 * view.record.done && view.end('loss') < last;
    // Pairs are few: their held-out loss may rise while the accuracy does not fall.
    const accuracy = view.points('heldOutAccuracy').map(({ value }) => value);
    const lastAccuracy = accuracy.at(-1);
    const isBackwards = lastAccuracy !== undefined && lastAccuracy < 0.5; // worse than by heart: pairs-reversed.ts
    const harmless = lastAccuracy !== undefined && lastAccuracy >= Math.max(...accuracy) - 0.03;
    const isUsual =
      view.reference?.curves.heldOutLoss !== undefined && view.deviation('heldOutLoss') === null;
    // Who learns by heart is better than usual at what it has seen.
    const usual = view.usualEnd('loss');
    const isWorse = usual !== null && view.isFinished && view.end('loss') > usual.centre;
    if (!rose || harmless || isBackwards || isUsual || isWorse) return null;
    return {
      says: 'it learns by heart: better on what it has seen, worse on what it has not',
      likelihood: 0.75,
      evidence: [
        `held-out loss ${show(best.value)} at its best, after ${percent(best.step / (view.record.steps ?? view.record.done))} of the steps, then up to ${show(last)}`,
        `loss in training ${show(view.end('loss'))}`,
      ],
      advice: 'fewer --epochs, more data, or a smaller --preset; the best checkpoint was an earlier one',
    };
  },
};
