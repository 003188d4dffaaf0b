/**
 * Questions that go on from a fact: the same question for something else (那英国呢？) or another question about the same thing
 * (它的首都是哪里？). One in six of all such steps from fact to fact is kept for evaluation.
 */
import type { Random } from '../../src/tensor/random.ts';
import { entities, relationOf, replyTo, slotsOf } from './facts.ts';
import { oneIn } from './hash.ts';
import { dealtOf, dialogueFacts } from './splits.ts';
import { fill } from './text.ts';
import type { Fact } from './types.ts';

export type Turn = readonly [question: string, answer: string];
/** A conversation whose last answer is known in short: 柏林, 15, 小明. */
export interface Turns {
  readonly turns: readonly Turn[];
  readonly answer: string;
}

export type Way = 'same-question' | 'pronoun';

const known = new Set(dialogueFacts.map((fact) => fact.id));
const groups = new Map(
  entities()
    .map((group) => group.filter((fact) => known.has(fact.id)))
    .filter((group) => group.length > 1)
    .flatMap((group) => group.map((fact) => [fact.id, group] as const)),
);
const grouped = dialogueFacts.filter((fact) => groups.has(fact.id));

const isReserved = (from: Fact, to: Fact) => oneIn(6, `${from.id}>${to.id}`);

/** A fact asked in full. */
export function asked(random: Random, fact: Fact): Turn {
  return [random.pick(dealtOf(fact).trained), replyTo(fact)];
}

/** Where one can go from a fact. */
function next(from: Fact, way: Way, reserved: boolean): Fact[] {
  const others = way === 'pronoun' ? (groups.get(from.id) ?? []) : relationOf(from).facts;
  return others.filter((to) => to.id !== from.id && known.has(to.id) && isReserved(from, to) === reserved);
}

/** How it is asked; {s} the subject. */
const AGAIN = ['那{s}呢？', '那{s}呢？', '{s}呢？', '那{s}呢', '那么{s}呢？', '那{s}呢？请说说。'];

function step(random: Random, way: Way, to: Fact): Turn {
  const { again, pronoun } = relationOf(to);
  if (way === 'same-question')
    return [fill(again === '那{s}呢？' ? random.pick(AGAIN) : again, slotsOf(to)), replyTo(to)];
  const draw = random.int(4);
  if (draw === 0 && !pronoun.startsWith('那')) return [`那${pronoun}`, replyTo(to)];
  return [draw === 1 ? pronoun.replace(/？$/, '') : pronoun, replyTo(to)];
}

/** Of a relation drawn first, so that each is asked on about as often as the others. */
function anyFact(random: Random, from: readonly Fact[]): Fact {
  const relation = random.pick([...new Set(from.map((fact) => fact.relation))]);
  return random.pick(from.filter((fact) => fact.relation === relation));
}

/** Two or more turns. With `last`, the last step is that way and one of those kept for evaluation; otherwise none is. */
export function chain(random: Random, steps: number, last?: Way): Turns {
  for (;;) {
    let fact = anyFact(random, last === 'pronoun' || random.int(2) === 0 ? grouped : dialogueFacts);
    const turns = [asked(random, fact)];
    const told = new Set([fact.id]);
    for (let i = 0; i < steps; i++) {
      const isLast = last !== undefined && i === steps - 1;
      const way = isLast
        ? last
        : random.pick<Way>(groups.has(fact.id) ? ['same-question', 'pronoun'] : ['same-question']);
      const open = next(fact, way, isLast).filter(({ id }) => !told.has(id));
      if (open.length === 0) break;
      fact = random.pick(open);
      told.add(fact.id);
      turns.push(step(random, way, fact));
    }
    if (turns.length === steps + 1) return { turns, answer: fact.answer };
  }
}

/** Two questions that have nothing to do with each other. */
export function topics(random: Random): Turns {
  const [a, b] = [random.pick(dialogueFacts), random.pick(dialogueFacts)];
  return a.id === b.id ? topics(random) : { turns: [asked(random, a), asked(random, b)], answer: b.answer };
}
