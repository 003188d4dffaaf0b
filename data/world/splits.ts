/**
 * Which question goes where. For every fact questions are drawn from cores x frames (questions.ts), each from another core:
 *
 *   dialogue facts        five for sft.jsonl and preferences.jsonl, one for facts-seen, one in reserve (held-out dialogues,
 *                         held-out pairs, multiple choice)
 *   pretrain-only facts   two for facts-pretrain-only; nothing in any dialogue
 *
 * Every core and every frame is trained with many facts. The draw depends on the fact alone, so that the questions of one
 * stay as they are when others are added.
 */
import { Random } from '../../src/tensor/random.ts';
import { facts, relationOf, relations, slotsOf } from './facts.ts';
import { hashOf } from './hash.ts';
import { compose, framedUnseen, plainly, wording } from './questions.ts';
import { fill } from './text.ts';
import type { Fact } from './types.ts';

/** Questions about one fact in sft.jsonl. */
export const TRAINED = 5;

export interface Dealt {
  readonly fact: Fact;
  readonly trained: readonly string[]; // questions for sft.jsonl and preferences.jsonl
  readonly held: readonly string[]; // facts-seen, or facts-pretrain-only
  readonly reserve: readonly string[]; // held-out dialogues, pairs and choices
  readonly unseen: readonly string[]; // facts-unseen
}

export const dealt: readonly Dealt[] = relations.flatMap((relation) =>
  relation.facts.map((fact, index): Dealt => {
    const filled = (forms: readonly string[]) => forms.map((form) => fill(form, slotsOf(fact)));
    const cores = filled(relation.cores);
    const random = new Random(hashOf(fact.id));
    const [first, second, ...trained] = compose(random, 2 + TRAINED, cores, filled(relation.ask));
    const whole = filled(relation.askUnseen);
    const unseen = [
      framedUnseen(cores[index % cores.length]!, index),
      whole[index % whole.length]!,
      framedUnseen(cores[(index + 1) % cores.length]!, index + 3),
      framedUnseen(cores[(index + 2) % cores.length]!, index + 5),
    ];
    return fact.pretrainOnly
      ? { fact, trained: [], held: [first!, second!], reserve: [], unseen }
      : { fact, trained, held: [first!], reserve: [second!], unseen };
  }),
);

const byFact = new Map(dealt.map((entry) => [entry.fact.id, entry]));

export function dealtOf(fact: Fact): Dealt {
  const entry = byFact.get(fact.id);
  if (!entry) throw new Error(`No questions were dealt for ${fact.id}`);
  return entry;
}

/** All questions about a fact that any file asks. */
export function asked(fact: Fact): string[] {
  const { trained, held, reserve, unseen } = dealtOf(fact);
  return [...trained, ...held, ...reserve, ...unseen];
}

const printed = new Map<string, readonly string[]>();

/** Questions about a fact that may be printed in pretrain.txt: those that no evaluation asks. */
export function printable(fact: Fact): readonly string[] {
  const known = printed.get(fact.id);
  if (known) return known;
  const { held, reserve, unseen } = dealtOf(fact);
  const kept = new Set([...held, ...reserve, ...unseen].map(wording));
  const cores = relationOf(fact).cores.map((core) => fill(core, slotsOf(fact)));
  const questions = cores.flatMap(plainly).filter((question) => !kept.has(wording(question)));
  printed.set(fact.id, questions);
  return questions;
}

export const dialogueFacts: readonly Fact[] = facts.filter((fact) => !fact.pretrainOnly);
