/** The loss does not fall at all: nothing is learned. */
import { type Cause, type Finding, show } from './cause.ts';

export const notFalling: Cause = {
  name: 'not-falling',
  find(view): Finding | null {
    if (view.has('kl') || view.points('loss').length < 12) return null;
    const [from, to] = [view.start('loss'), view.end('loss')];
    if (to < 0.95 * from || from < 0.1) return null;
    return {
      says: 'the loss does not fall',
      likelihood: 0.55,
      evidence: [
        `loss ${show(from)} at the start, ${show(to)} at the end`,
        `gradient norm ${show(view.end('gradNorm'))}`,
      ],
      advice:
        'a gradient of 0: something is frozen or detached; a usual one: the learning rate is far too high or low, or the targets ' +
        'are noise',
    };
  },
};
