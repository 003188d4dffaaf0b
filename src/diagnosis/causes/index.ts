/** All causes that are looked for. To add one: write its file, name it here. */
import type { Cause } from './cause.ts';
import { chosenFalls } from './chosen-falls.ts';
import { heldOutGap } from './held-out-gap.ts';
import { klOff } from './kl-off.ts';
import { labelsUnshifted } from './labels-unshifted.ts';
import { learningRateTooHigh } from './learning-rate-too-high.ts';
import { learningRateTooLow } from './learning-rate-too-low.ts';
import { noWarmUp } from './no-warm-up.ts';
import { notFalling } from './not-falling.ts';
import { notFinite } from './not-finite.ts';
import { otherData } from './other-data.ts';
import { otherSettings } from './other-settings.ts';
import { pairsReversed } from './pairs-reversed.ts';
import { repeatedText } from './repeated-text.ts';
import { stageBefore } from './stage-before.ts';
import { start } from './start.ts';
import { targetsShuffled } from './targets-shuffled.ts';

export const causes: readonly Cause[] = [
  notFinite,
  labelsUnshifted,
  pairsReversed,
  klOff,
  learningRateTooHigh,
  learningRateTooLow,
  start,
  targetsShuffled,
  noWarmUp,
  heldOutGap,
  chosenFalls,
  stageBefore,
  notFalling,
  repeatedText,
  otherSettings,
  otherData,
];
