/** Text that says the same again and again: a low loss means little, and held-out text may be part of it. */
import { type Cause, type Finding, percent } from './cause.ts';

const MUCH = 0.3;

export const repeatedText: Cause = {
  name: 'repeated-text',
  find(view): Finding | null {
    if (view.text === null || view.reference !== null || view.text.repeated < MUCH) return null;
    return {
      says: 'the text repeats itself: much of it is learned by heart',
      likelihood: 0.5,
      evidence: [`${percent(view.text.repeated)} of all stretches of 48 tokens stood in the text before`],
      advice: 'take out copies of documents, and headers and footers that every page has',
    };
  },
};
