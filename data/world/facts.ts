/**
 * All relations in one list, and the ways into it: by id, by subject, and what counts as an entity.
 */
import { animals } from './animals.ts';
import { calendar } from './calendar.ts';
import { china } from './china.ts';
import { creatures } from './creatures.ts';
import { famousWorks } from './famous-works.ts';
import { geography } from './geography.ts';
import { history } from './history.ts';
import { inventions } from './inventions.ts';
import { life } from './life.ts';
import { nature } from './nature.ts';
import { people } from './people.ts';
import { plants } from './plants.ts';
import { records } from './records.ts';
import { science } from './science.ts';
import { sights } from './sights.ts';
import { fill, type Slots } from './text.ts';
import type { Fact, Relation } from './types.ts';
import { words } from './words.ts';

export const relations: readonly Relation[] = [
  ...geography,
  ...science,
  ...animals,
  ...calendar,
  ...people,
  ...words,
  ...china,
  ...sights,
  ...history,
  ...famousWorks,
  ...plants,
  ...creatures,
  ...inventions,
  ...records,
  ...nature,
  ...life,
];

export const facts: readonly Fact[] = relations.flatMap((relation) => relation.facts);

const byId = new Map(relations.map((relation) => [relation.id, relation]));

/** The relation of a fact. */
export function relationOf(fact: Fact): Relation {
  const relation = byId.get(fact.relation);
  if (!relation) throw new Error(`Unknown relation ${fact.relation}`);
  return relation;
}

export function slotsOf(fact: Fact, wrong = ''): Slots {
  return { s: fact.subject, a: fact.answer, u: fact.extra, w: wrong };
}

/** The answer sentence: what a dialogue replies and an exact match accepts. */
export function replyTo(fact: Fact): string {
  return fill(relationOf(fact).reply, slotsOf(fact));
}

/** Subjects about which several relations say something, with a pronoun to ask on. */
export function entities(): Fact[][] {
  const groups = new Map<string, Fact[]>();
  for (const fact of facts) {
    if (relationOf(fact).pronoun === '') continue;
    const group = groups.get(fact.subject) ?? [];
    group.push(fact);
    groups.set(fact.subject, group);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}
