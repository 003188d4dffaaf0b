/**
 * How the file of each ability is read.
 */
import { readFollowUps } from './follow-ups.ts';
import { readIntroductions } from './introductions.ts';
import type { AbilityName } from './layout.ts';
import { readSums } from './questions.ts';
import { readRefusals } from './refusals.ts';
import { readStories } from './stories.ts';

/** Reads the whole file; throws the UserError of its first broken line. */
export const readAbility: Readonly<Record<AbilityName, (path: string) => readonly unknown[]>> = {
  sums: readSums,
  'sums-held-out': readSums,
  introductions: readIntroductions,
  'introductions-held-out': readIntroductions,
  refusals: readRefusals,
  stories: readStories,
  'follow-ups': readFollowUps,
};
