/**
 * Questions the other way round: which country has this capital, which festival is on this day, who has this work to do.
 *
 * A model that has read 法国的首都是巴黎 does not know whose capital 巴黎 is (the "reversal curse", Berglund et al. 2023), unless the
 * text says it in that order too and such questions are learned on other facts. One fact in four is never asked backwards in
 * training: facts-reversed asks these.
 */
import { Random } from '../../src/tensor/random.ts';
import type { Ability } from './ability.ts';
import type { KeyEntry } from './answer-key.ts';
import { type Dialogue, talk } from './dialogues.ts';
import { relations, slotsOf } from './facts.ts';
import { hashOf, oneIn } from './hash.ts';
import { compose, framedUnseen } from './questions.ts';
import { fill } from './text.ts';
import type { Fact, Relation } from './types.ts';

interface Backward {
  readonly fact: Fact;
  readonly reply: string;
  readonly trained: readonly string[]; // none where the fact is kept for evaluation
  readonly reserve: readonly string[];
  readonly held: readonly string[];
}

const DIALOGUES = 700;
const HELD_OUT = 14;

/** Facts of which the answer leads back to one subject only. */
function reversible({ facts, reversed }: Relation): Fact[] {
  if (reversed === null) return [];
  const namesExtra = reversed.cores.every((core) => core.includes('{u}')); // 多少{u}: then only facts of the same unit are in question
  return facts.filter(
    (fact) =>
      !fact.pretrainOnly &&
      (reversed.only?.includes(fact.subject) ?? true) &&
      facts.filter(({ answer, extra }) => answer === fact.answer && (!namesExtra || extra === fact.extra))
        .length === 1,
  );
}

const all = relations.flatMap((relation) => reversible(relation).map((fact) => ({ relation, fact })));
const isHeld = (fact: Fact) => oneIn(4, `backwards ${fact.id}`);
const each = Math.max(2, Math.round(DIALOGUES / all.filter(({ fact }) => !isHeld(fact)).length));

const backwards: readonly Backward[] = all.map(({ relation, fact }, i): Backward => {
  const { cores, reply } = relation.reversed!;
  const filled = cores.map((core) => fill(core, slotsOf(fact)));
  const questions = compose(new Random(hashOf(`backwards ${fact.id}`)), each + 1, filled, []);
  const answer = fill(reply, slotsOf(fact));
  return isHeld(fact)
    ? {
        fact,
        reply: answer,
        trained: [],
        reserve: [],
        held: [questions[0]!, framedUnseen(filled[i % filled.length]!, i)],
      }
    : { fact, reply: answer, trained: questions.slice(1), reserve: [questions[0]!], held: [] };
});

/** Entries of the answer key: the answer is the subject and the subject the answer. */
export function reversedKey(): KeyEntry[] {
  return backwards.map(({ fact, reply, trained, reserve, held }) => ({
    id: `${fact.id}:reversed`,
    relation: `${fact.relation}-reversed`,
    subject: fact.answer,
    answer: fact.subject,
    accepted: [reply],
    questions: [...trained, ...reserve, ...held],
  }));
}

export const reversed: Ability = {
  name: 'reversed',
  dialogues: (): Dialogue[] =>
    backwards.flatMap(({ trained, reply }) => trained.map((question) => talk('reversed', question, reply))),
  heldOut: (random): Dialogue[] =>
    random
      .shuffle(backwards.flatMap(({ reserve, reply }) => reserve.map((q) => talk('reversed', q, reply))))
      .slice(0, HELD_OUT),
  evaluation: () => {
    const records = backwards.flatMap(({ fact, reply, held }) =>
      held.map((question) => ({
        id: `${fact.id}:reversed`,
        relation: `${fact.relation}-reversed`,
        question,
        answer: fact.subject,
        accepted: [reply],
      })),
    );
    return new Map([['facts-reversed', records]]);
  },
};
