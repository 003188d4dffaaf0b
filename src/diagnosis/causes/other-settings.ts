/** Settings that are not the usual ones: fewer epochs, another batch, more text in between. */
import { type Cause, endOf, type Finding } from './cause.ts';

export const otherSettings: Cause = {
  name: 'other-settings',
  find(view): Finding | null {
    const [off] = view.deviations;
    if (off === undefined) return null;
    const { record, reference } = view;
    const changes = view.changes().filter((change) => !change.startsWith('seed'));
    const isShort = reference !== null && record.steps !== null && record.steps < 0.7 * reference.steps;
    if (changes.length === 0 && !isShort) return null;
    return {
      says: 'the settings are not the usual ones',
      likelihood: isShort ? 0.65 : 0.4,
      evidence: [
        ...changes.slice(0, 4),
        ...(isShort ? [`${record.steps} steps, usually ${reference.steps}`] : []),
        endOf(view, off.name),
      ],
      advice: 'if that was meant, then so is the difference; else leave the flags out',
    };
  },
};
