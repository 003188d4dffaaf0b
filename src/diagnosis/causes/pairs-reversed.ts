/**
 * Chosen and rejected have changed places. Training does not notice: the accuracy on its own pairs is as good as ever. It shows on
 * held-out pairs (below one half), in what DPO's reference thought of the pairs before the first step, or after the stage, in
 * worse answers.
 */
import { type Cause, endOf, type Finding, percent, show } from './cause.ts';

export const pairsReversed: Cause = {
  name: 'pairs-reversed',
  find(view): Finding | null {
    if (!view.has('accuracy')) return null;
    const [accuracy, heldOut] = [view.end('accuracy'), view.last('heldOutAccuracy')];
    const parted = heldOut !== null && heldOut < 0.45 && accuracy > 0.6;
    const backwards = accuracy < 0.4 && view.points('accuracy').length > 5;
    const swapped = swappedLogProbs(view);
    if (!parted && !backwards && swapped === null) return null;
    return {
      says: backwards
        ? 'it learns to prefer the rejected answers: the loss has its sign the wrong way round'
        : 'the pairs are reversed: it learned to prefer what people rejected',
      likelihood: parted || backwards ? 0.95 : 0.8,
      evidence: [
        endOf(view, 'accuracy'),
        ...(heldOut === null ? [] : [`${percent(heldOut)} on held-out pairs; guessing would give 50 %`]),
        ...(swapped === null ? [] : [swapped]),
      ],
      advice:
        'read ten lines of the preferences: is "chosen" the better answer? Then see how the pairs were made',
    };
  },
};

/** Before the first step the model knows the chosen answers best, having learned such ones; null where that is so. */
function swappedLogProbs(view: Parameters<Cause['find']>[0]): string | null {
  const curves = view.reference?.curves;
  const [usualChosen, usualRejected] = [curves?.chosenLogProb?.centre[0], curves?.rejectedLogProb?.centre[0]];
  const [chosen, rejected] = [
    view.points('chosenLogProb')[0]?.value,
    view.points('rejectedLogProb')[0]?.value,
  ];
  if (typeof usualChosen !== 'number' || typeof usualRejected !== 'number') return null;
  if (chosen === undefined || rejected === undefined) return null;
  const distance = usualChosen - usualRejected;
  if (Math.abs(distance) < 2 || (chosen - rejected) / distance > -0.4) return null;
  return (
    `at the start chosen answers have log-probability ${show(chosen)} and rejected ones ${show(rejected)}, ` +
    `usually ${show(usualChosen)} and ${show(usualRejected)}`
  );
}
