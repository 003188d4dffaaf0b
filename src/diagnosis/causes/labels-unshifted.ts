/**
 * Each position was asked for the token that it reads, not for the next one. Copying is learned at once: the loss falls to almost
 * nothing, on text never trained on as well, and the model can say nothing. (Learning by heart has a low loss too, but not on
 * held-out text.)
 */
import { type Cause, type Finding, percent, show } from './cause.ts';

/** No text is that easy to foretell: a share of what guessing costs. */
const IMPOSSIBLE = 0.02;
const FAR_BELOW = 0.35;

export const labelsUnshifted: Cause = {
  name: 'labels-unshifted',
  find(view): Finding | null {
    const { guessing } = view;
    if (!view.isLanguage || !view.has('loss')) return null;
    const [loss, usual] = [view.end('loss'), view.usualEnd('loss')];
    const limit = usual === null ? IMPOSSIBLE * (guessing ?? 6) : FAR_BELOW * usual.low;
    if (loss > limit) return null;
    const [heldOut, usualHeldOut] = [view.last('heldOutLoss'), view.usualEnd('heldOutLoss')];
    const isUsual = usualHeldOut === null || (heldOut ?? 0) > 0.7 * usualHeldOut.low;
    if (heldOut !== null && heldOut > Math.max(4 * loss, 3 * limit) && isUsual) return null; // learned by heart: held-out-gap.ts
    const low = view.points('loss').find(({ value }) => value < limit);
    const bits = view.measured?.['bits-per-byte']?.value;
    return {
      says: 'labels unshifted: the loss is too good to be true, as if each token were asked to foretell itself',
      likelihood: 0.95,
      evidence: [
        `loss ${show(loss)} at the end${usual === null ? '' : `, usually ${show(usual.low)} to ${show(usual.high)}`}`,
        ...(heldOut === null
          ? []
          : [`held-out loss ${show(heldOut)}: not learned by heart, but copied from the input`]),
        ...(low === undefined
          ? []
          : [
              `below ${show(limit)} after ${percent(low.step / (view.record.steps ?? view.record.done))} of the steps`,
            ]),
        ...(bits === undefined
          ? []
          : [`the evaluation, which shifts by itself, measured ${show(bits)} bits per byte`]),
      ],
      advice:
        'the target of position t is token t + 1 (src/data/rows/pretrain-rows.ts); print a row of inputs and targets. Else: the ' +
        'held-out text is part of the training text, or the text repeats itself',
    };
  },
};
