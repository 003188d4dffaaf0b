/**
 * Everything that the world can say about a thing: its notes, the answer sentences of the facts about it, and of those whose
 * answer it is (世界上最大的动物是蓝鲸。 is said about 蓝鲸 too).
 *
 * A thing can be introduced if the first of its sentences says what it is and there is a second one.
 */
import { facts, relationOf, replyTo } from './facts.ts';
import { notes } from './notes/index.ts';
import type { Fact } from './types.ts';
import { tellsHiddenFact } from './wording.ts';

/** Relations whose answer is a thing worth introducing, so that their sentences are about the answer as well. */
const ABOUT_ANSWERS = new Set(['superlative', 'record', 'nickname', 'inventor', 'who', 'author']);

/** Relations whose sentence says what its subject is: 苹果是一种水果。 */
const SAYS_WHAT = new Set(['kind', 'category', 'celestial', 'profession', 'nationality', 'landmark', 'city']);

/** Relations whose subjects are things; 大 and 第三颗 are not. */
const NO_THINGS = new Set([
  'opposite',
  'measure',
  'manners',
  'phone',
  'verse',
  'planet',
  'zodiac',
  'mixture',
]);

const byThing = new Map<string, Fact[]>();
for (const fact of facts) {
  const things = [
    ...(NO_THINGS.has(fact.relation) ? [] : [fact.subject]),
    ...(ABOUT_ANSWERS.has(fact.relation) ? [fact.answer] : []),
  ];
  for (const thing of things) byThing.set(thing, [...(byThing.get(thing) ?? []), fact]);
}

/** All true sentences about `thing`, those that say what it is first; none about what is not known. */
export function statementsOf(thing: string): readonly string[] {
  const own = byThing.get(thing) ?? [];
  const what = own.filter(({ relation, subject }) => subject === thing && SAYS_WHAT.has(relation));
  const others = own.filter((fact) => !what.includes(fact));
  return [...new Set([...(notes.get(thing) ?? []), ...[...what, ...others].map(replyTo)])];
}

/** Those that a dialogue may say: not what is kept for pretraining. */
export function openStatementsOf(thing: string): readonly string[] {
  return statementsOf(thing).filter((sentence) => !tellsHiddenFact(sentence));
}

/** Everything that can be introduced. */
export const things: readonly string[] = [...new Set([...notes.keys(), ...byThing.keys()])].filter(
  (thing) => {
    const saysWhat =
      notes.has(thing) || byThing.get(thing)!.some((f) => f.subject === thing && SAYS_WHAT.has(f.relation));
    return saysWhat && openStatementsOf(thing).length >= 2;
  },
);

const PEOPLE = new Set(['dynasty', 'nationality', 'profession']);

/** Asked for with 谁 and not with 什么. */
export function isPerson(thing: string): boolean {
  return (byThing.get(thing) ?? []).some(
    (fact) =>
      (fact.subject === thing && PEOPLE.has(relationOf(fact).id)) ||
      (fact.answer === thing && ['who', 'inventor', 'author'].includes(fact.relation)),
  );
}
