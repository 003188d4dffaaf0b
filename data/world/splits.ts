/**
 * Which question goes where. For every fact its seven or so seen forms are dealt out once:
 *
 *   dialogue facts        one form for facts-seen, one in reserve (held-out dialogues, held-out pairs, multiple choice),
 *                         all others for sft.jsonl
 *   pretrain-only facts   two forms for facts-pretrain-only; nothing in any dialogue
 *
 * The dealing rotates through the forms of a relation, so every form is trained with most facts and tested with some.
 */
import { facts, relations, seenQuestions, unseenQuestions } from './facts.ts';
import type { Fact } from './types.ts';

export interface Dealt {
  readonly fact: Fact;
  readonly trained: readonly string[]; // questions for sft.jsonl and preferences.jsonl
  readonly held: readonly string[]; // facts-seen, or facts-pretrain-only
  readonly reserve: readonly string[]; // held-out dialogues, pairs and choices
  readonly unseen: readonly string[]; // facts-unseen
}

export const dealt: readonly Dealt[] = relations.flatMap((relation) =>
  relation.facts.map((fact, index): Dealt => {
    const questions = seenQuestions(fact);
    const n = questions.length;
    const first = (index * 3 + 2) % n;
    const second = (first + 1 + (index % 2)) % n;
    const others = questions.filter((_, i) => i !== first && i !== second);
    const unseen = unseenQuestions(fact);
    return fact.pretrainOnly
      ? { fact, trained: [], held: [questions[first]!, questions[second]!], reserve: [], unseen }
      : { fact, trained: others, held: [questions[first]!], reserve: [questions[second]!], unseen };
  }),
);

const byFact = new Map(dealt.map((entry) => [entry.fact.id, entry]));

export function dealtOf(fact: Fact): Dealt {
  const entry = byFact.get(fact.id);
  if (!entry) throw new Error(`No questions were dealt for ${fact.id}`);
  return entry;
}

/** Questions about a fact that may be printed in pretrain.txt: those that no evaluation asks. */
export function printable(fact: Fact): string[] {
  const { held, reserve } = dealtOf(fact);
  return seenQuestions(fact).filter((question) => !held.includes(question) && !reserve.includes(question));
}

export const dialogueFacts: readonly Fact[] = facts.filter((fact) => !fact.pretrainOnly);
