/**
 * Everything that the world can say about a thing: its notes, the answer sentences of the facts about it, and those of which it is
 * the answer, the other way round (蓝鲸是世界上最大的动物。).
 *
 * A thing can be introduced if one of its sentences says what it is and there is a second one.
 */
import { facts, relationOf, replyTo, slotsOf } from './facts.ts';
import { notes } from './notes/index.ts';
import { fill } from './text.ts';
import type { Fact } from './types.ts';
import { tellsHiddenFact } from './wording.ts';

/** A sentence about a thing, and what it adds to its name. */
export interface Statement {
  readonly text: string;
  readonly adds: string;
  readonly isNote: boolean;
}

/** Relations in the order in which an introduction tells them; the others are left out. */
const ORDER = (
  'kind category celestial capital province profession nationality dynasty sight landmark mountain city river-mouth date feast ' +
  'custom solar-term task workplace body tool symbol author poem picture music inventor discoverer origin bloom grows taste ' +
  'home food becomes feature defence winter movement road playing language flag currency continent legs sound colour material ' +
  'state shape month weekday quantity count abbreviation'
).split(' ');

/** Relations whose sentence says what its subject is: 苹果是一种水果。 */
const SAYS_WHAT = new Set(['kind', 'category', 'celestial', 'profession', 'nationality', 'landmark', 'city']);

/** How a fact is told about its answer. */
const ABOUT_ANSWER: Readonly<Record<string, string>> = {
  superlative: '{a}是{s}。',
  record: '{a}是{s}。',
  who: '{a}是{s}。',
  nickname: '{a}被称为“{s}”。',
  capital: '{a}是{s}的首都。',
  province: '{a}是{s}的省会。',
  planet: '从太阳往外数，{a}是{s}行星。',
  author: '{a}写了{s}。',
  inventor: '{a}发明了{s}。',
  discoverer: '{a}发现了{s}。',
  becomes: '{a}是{s}变成的。',
  sight: '{a}有{s}。',
};

const bySubject = groupedBy((fact) => fact.subject);
const byAnswer = groupedBy((fact) => fact.answer);

function groupedBy(key: (fact: Fact) => string): ReadonlyMap<string, readonly Fact[]> {
  const groups = new Map<string, Fact[]>();
  for (const fact of facts) groups.set(key(fact), [...(groups.get(key(fact)) ?? []), fact]);
  return groups;
}

/** The sentence that says what the thing is, then its facts in their order, its further notes, and what it is the answer to. */
export function portraitOf(thing: string): readonly Statement[] {
  const noted = (notes.get(thing) ?? []).map((text): Statement => ({ text, adds: text, isNote: true }));
  const own = (bySubject.get(thing) ?? [])
    .filter(({ relation }) => ORDER.includes(relation))
    .sort((a, b) => ORDER.indexOf(a.relation) - ORDER.indexOf(b.relation))
    .map((fact): Statement => ({ text: replyTo(fact), adds: fact.answer, isNote: false }));
  const backward = (byAnswer.get(thing) ?? []).flatMap((fact): Statement[] => {
    const form = ABOUT_ANSWER[fact.relation];
    return form ? [{ text: fill(form, slotsOf(fact)), adds: fact.subject, isNote: false }] : [];
  });
  const all = [...noted.slice(0, 1), ...own, ...noted.slice(1), ...backward];
  return all.filter(({ text }, i) => all.findIndex((other) => other.text === text) === i);
}

/** Those that a dialogue may say: not what is kept for pretraining. */
export function openPortraitOf(thing: string): readonly Statement[] {
  return portraitOf(thing).filter(({ text }) => !tellsHiddenFact(text));
}

/** All true sentences about `thing` that a judge accepts: the portrait, and its facts in their other plain forms. */
export function statementsOf(thing: string): readonly string[] {
  const own = bySubject.get(thing) ?? [];
  const about = [...own, ...(byAnswer.get(thing) ?? []).filter(({ relation }) => relation in ABOUT_ANSWER)];
  const plain = about.flatMap((fact) => {
    const forms = relationOf(fact)
      .tell.slice(0, 3)
      .filter((form) => !/\{w\}|\[/u.test(form));
    return [replyTo(fact), ...forms.map((form) => fill(form, slotsOf(fact)))];
  });
  return [...new Set([...portraitOf(thing).map(({ text }) => text), ...plain])];
}

/** Everything that can be introduced. */
export const things: readonly string[] = [...new Set([...notes.keys(), ...bySubject.keys()])].filter(
  (thing) => {
    const saysWhat = (bySubject.get(thing) ?? []).some((f) => SAYS_WHAT.has(f.relation) && !f.pretrainOnly);
    return (notes.has(thing) || saysWhat) && openPortraitOf(thing).length >= 2;
  },
);

const OF_PEOPLE = new Set(['dynasty', 'nationality', 'profession']);

/** Asked for with 谁 and not with 什么. */
export function isPerson(thing: string): boolean {
  return (
    (bySubject.get(thing) ?? []).some(({ relation }) => OF_PEOPLE.has(relation)) ||
    (byAnswer.get(thing) ?? []).some(({ relation }) => ['who', 'inventor', 'author'].includes(relation))
  );
}
