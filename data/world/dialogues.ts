/**
 * Question-answer dialogues for instruction tuning: single questions about facts. What else is taught: abilities.ts;
 * greetings, small tasks and honest "I don't know": smalltalk.ts.
 *
 * One relation has one answer sentence, with the subject in full, so that an exact match means something.
 */
import type { Random } from '../../src/tensor/random.ts';
import { replyTo } from './facts.ts';
import { answerBadly, FLAWS } from './flaws.ts';
import { dealt } from './splits.ts';
import type { Fact } from './types.ts';

type Role = 'system' | 'user' | 'assistant';

export interface Message {
  readonly role: Role;
  readonly content: string;
}

export interface Dialogue {
  readonly kind: string;
  readonly messages: readonly Message[];
  /** Result of a sum, subject of an introduction, hero of a story: what its answer is judged by. */
  readonly about?: string;
}

/** A dialogue from alternating lines, the user first. */
export function talk(kind: string, ...lines: string[]): Dialogue {
  if (lines.length % 2 !== 0)
    throw new Error(`A dialogue needs an answer to every line: ${lines.join(' / ')}`);
  return {
    kind,
    messages: lines.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
  };
}

/** Every trained question of every dialogue fact, answered well once; two in three are answered badly as well. */
export function factDialogues(random: Random): Dialogue[] {
  return dealt.flatMap(({ fact, trained }) => trained.flatMap((question) => answers(random, question, fact)));
}

/** The questions kept out of sft.jsonl, as dialogues. */
export function reserveDialogues(random: Random): Dialogue[] {
  return dealt.flatMap(({ fact, reserve }) => reserve.flatMap((question) => answers(random, question, fact)));
}

/**
 * What people disagree about is how to answer, not what the answer is. There is one way to answer well and there are many to
 * answer badly, so the likeliest answer of a model that learned from all of them stays the good one, while four in ten of its
 * sampled answers are bad.
 */
function answers(random: Random, question: string, fact: Fact): Dialogue[] {
  const good = talk('fact', question, replyTo(fact));
  const flaw = random.pick(FLAWS);
  if (random.int(100) >= CARELESS) return [good];
  return [good, talk('careless', question, answerBadly[flaw](random, fact))];
}

/** Of 100 questions about facts, how many are answered badly as well. */
const CARELESS = 65;
