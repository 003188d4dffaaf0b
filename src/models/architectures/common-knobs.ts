/**
 * Knobs that several architectures have; null leaves a field as the preset has it.
 */
import type { KnobTable } from '../../knobs.ts';

const absent = "the preset's";

/** A field that is a number of things or a width. */
export const whole = { type: 'number', whole: true, min: 1, default: null, absent } as const;

export const denseKnobs = {
  intermediateSize: { ...whole, flag: 'feed-forward', help: 'width inside the feed-forward part' },
} as const satisfies KnobTable;

export const attentionKnobs = {
  attentionDropout: {
    ...{ type: 'number', min: 0, max: 0.99, default: null, absent },
    help: 'dropout on the shares of attention',
  },
} as const satisfies KnobTable;
