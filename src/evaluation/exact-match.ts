/**
 * Exact match: ask held-out questions and compare each greedy answer with the accepted ones, to the character.
 *
 * Which answers count, kinds/fact.ts says. The baseline beside their share is the best that a model could do without reading the question beyond its kind: always the most frequent
 * answer of that relation among all questions of the task, also where only some of them are asked (of one question each, the
 * most frequent answer is always right).
 */

import type { Question } from '../data/questions.ts';
import { encodePrompt } from '../data/rows/pairs.ts';
import type { Watch } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { answerPrompts } from './answers.ts';
import { type Estimate, wilson } from './intervals.ts';
import { isAccepted } from './kinds/fact.ts';

export interface Answered {
  readonly question: Question;
  readonly text: string;
  readonly correct: boolean;
}

/** The model's answer to every question. */
export async function answerQuestions(
  model: CausalLM,
  tokenizer: Tokenizer,
  questions: readonly Question[],
  watch: Watch = {},
): Promise<Answered[]> {
  const prompts = questions.map(({ question }) => encodePrompt(tokenizer, question));
  const answers = await answerPrompts(model, tokenizer, prompts, watch);
  return questions.map((question, i) => {
    const { text } = answers[i]!;
    return { question, text, correct: isAccepted(text, question) };
  });
}

/** Share of right answers; `all` are the questions of the task, of which those answered may be a part. */
export function exactMatch(
  answered: readonly Answered[],
  all: readonly Question[] = answered.map(({ question }) => question),
): Estimate {
  const correct = answered.filter((answer) => answer.correct).length;
  return { ...wilson(correct, answered.length), chance: majorityBaseline(all) };
}

/** Share answered right by always giving the most frequent short answer of the question's relation (chosen with hindsight). */
export function majorityBaseline(questions: readonly Pick<Question, 'relation' | 'answer'>[]): number {
  const counts = new Map<string, Map<string, number>>();
  for (const { relation, answer } of questions) {
    const answers = counts.get(relation) ?? new Map<string, number>();
    counts.set(relation, answers.set(answer, (answers.get(answer) ?? 0) + 1));
  }
  let right = 0;
  for (const answers of counts.values()) right += Math.max(...answers.values());
  return questions.length === 0 ? 0 : right / questions.length;
}
