/**
 * All abilities beside the facts, in the order in which they are written.
 */
import type { Ability } from './ability.ts';
import { comparisons } from './comparisons.ts';
import { followUps } from './follow-ups.ts';
import { introductions } from './introductions.ts';
import { refusals } from './refusals.ts';
import { reversed } from './reversed.ts';
import { smallTalk } from './smalltalk.ts';
import { storyRequests } from './story-requests.ts';
import { sumsAbility } from './sums.ts';
import { tasks } from './tasks.ts';
import { wordProblems } from './word-problems.ts';
import { yesNo } from './yes-no.ts';

export const abilities: readonly Ability[] = [
  reversed,
  yesNo,
  introductions,
  sumsAbility,
  wordProblems,
  comparisons,
  followUps,
  refusals,
  storyRequests,
  smallTalk,
  tasks,
];
