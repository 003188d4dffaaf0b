/** The data is not that of the reference, or not all of it. */
import { type Cause, endOf, type Finding } from './cause.ts';

export const otherData: Cause = {
  name: 'other-data',
  find(view): Finding | null {
    const [off] = view.deviations;
    if (off === undefined || view.sameData !== 'some') return null;
    const [made, usual] = [view.record.origin?.data ?? {}, view.reference?.data ?? {}];
    const changed = Object.keys(usual).filter((file) => made[file] !== usual[file]);
    return {
      says: 'the data is not that of the reference',
      likelihood: 0.3,
      evidence: [`${changed.join(', ') || 'an earlier stage'}: other content`, endOf(view, off.name)],
      advice:
        'if it was changed on purpose, another curve is to be expected; else `npm run data` makes it again',
    };
  },
};
