/**
 * Adam divides by the root of a mean square that knows one gradient when it starts: without a warm-up the first steps are as long
 * as any, in directions that mean little. Small models survive it; the mark it leaves is in the first ten steps.
 */
import { type Cause, type Finding, show } from './cause.ts';

export const noWarmUp: Cause = {
  name: 'no-warm-up',
  find(view): Finding | null {
    const { usual, marks, reference } = view;
    const [first, peak] = [view.first('lr'), view.peakRate];
    const begins = first !== null && peak !== null && peak > 0 ? first / peak : null;
    const asked = view.setting('warmup');
    const isMissing = begins === null ? asked === 0 : begins > 0.5;
    if (!isMissing || usual.warmup < 3 || view.record.done <= 2) return null;
    const early = (['earlyGradNorm', 'earlyLoss'] as const).flatMap((name) => {
      const [value, band] = [marks[name], reference?.marks[name]];
      return value === undefined || band === undefined
        ? []
        : [{ name, value, band, isHigh: value > band.high }];
    });
    const harmed = early.some(({ isHigh }) => isHigh);
    return {
      says: 'there is no warm-up: the learning rate is at its highest from the first step on',
      likelihood: harmed ? 0.8 : 0.6,
      evidence: [
        begins === null
          ? 'the settings say warmup 0'
          : `the first step had ${begins > 0.99 ? 'all' : show(begins)} of the highest learning rate, usually ${show(1 / usual.warmup)} of it`,
        ...early.map(
          ({ name, value, band }) =>
            `${IN_WORDS[name]} of the first ten steps ${show(value)}, usually ${show(band.low)} to ${show(band.high)}`,
        ),
        ...(harmed || early.length === 0 ? [] : ['the first steps do not show that it did harm']),
      ],
      advice: `--warmup ${usual.warmup}, or leave the flag out`,
    };
  },
};

const IN_WORDS = { earlyGradNorm: 'longest gradient', earlyLoss: 'highest loss' } as const;
