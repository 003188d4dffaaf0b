/** A stage goes on from what the one before has left; where that is off, so is this one. */
import { type Cause, endOf, type Finding } from './cause.ts';

export const stageBefore: Cause = {
  name: 'stage-before',
  find(view): Finding | null {
    const [off] = view.deviations;
    if (view.offBefore === null || off === undefined) return null;
    return {
      says: `it was made from ${view.offBefore}, which is off`,
      likelihood: 0.7,
      evidence: [endOf(view, off.name)],
      advice: `put ${view.offBefore} right first, then make this stage again`,
    };
  },
};
