/**
 * What happens in a story: somebody wants something or is in trouble, it turns, it ends well. Each plot says which heroes it fits
 * and what it is about; [a|b] are its variations.
 *
 * Slots: {h} hero, {p} 它/他/她, {k} a friend, {s} both of them (它们/他们/她们), {f} a fruit.
 */
import type { HeroKind } from './heroes.ts';
import { aboutFriends } from './plots-of-friends.ts';
import { aboutGrowing } from './plots-of-growing.ts';

export interface Plot {
  readonly kinds: readonly HeroKind[];
  /** Only these heroes, where the kind is not enough; null: all of the kinds. */
  readonly only: RegExp | null;
  readonly topics: readonly string[];
  readonly text: string;
}

const LETTERS: Readonly<Record<string, HeroKind>> = {
  L: 'land',
  B: 'bird',
  W: 'water',
  I: 'insect',
  C: 'child',
  P: 'plant',
  T: 'thing',
};

/** [kinds by letter, topics, text, only these heroes] */
export type PlotRow = readonly [kinds: string, topics: string, text: string, only?: RegExp];

export const plots: readonly Plot[] = [...aboutFriends, ...aboutGrowing].map(
  ([letters, topics, text, only]) => ({
    kinds: [...letters].map((letter) => LETTERS[letter]!),
    only: only ?? null,
    topics: topics.split(' '),
    text,
  }),
);

/** What stories can be asked to be about, each of which several plots know. */
export const topics: readonly string[] = [...new Set(plots.flatMap((plot) => plot.topics))];
