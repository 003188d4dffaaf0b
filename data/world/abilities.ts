/**
 * All abilities beside the facts, in the order in which they are written.
 */
import type { Ability } from './ability.ts';
import { sumsAbility } from './sums.ts';

export const abilities: readonly Ability[] = [sumsAbility];
