/**
 * The answer key: for every fact all questions that any file asks about it, with the short answer and the one answer sentence.
 *
 * The judge of src/evaluation reads it, so that it needs neither a model nor this generator. Questions that nobody can answer
 * (tomorrow's weather, countries that do not exist) stand there with an empty answer, under the relation `unknown`.
 */
import { facts, replyTo } from './facts.ts';
import type { Pair } from './preferences.ts';
import { reversedKey } from './reversed.ts';
import { asked } from './splits.ts';
import { yesNoKey } from './yes-no.ts';

export interface KeyEntry {
  readonly id: string;
  readonly relation: string;
  readonly subject: string;
  readonly answer: string;
  readonly accepted: readonly string[];
  readonly questions: readonly string[];
}

export function writeAnswerKey(pairs: readonly Pair[]): KeyEntry[] {
  const known = facts.map(
    (fact): KeyEntry => ({
      id: fact.id,
      relation: fact.relation,
      subject: fact.subject,
      answer: fact.answer,
      accepted: [replyTo(fact)],
      questions: asked(fact),
    }),
  );
  const answerable = new Set(known.flatMap(({ questions }) => questions));
  const unanswerable = new Map<string, Set<string>>();
  for (const { prompt, chosen } of pairs) {
    if (!answerable.has(prompt))
      unanswerable.set(chosen, (unanswerable.get(chosen) ?? new Set<string>()).add(prompt));
  }
  const unknown = [...unanswerable].map(
    ([reply, questions], i): KeyEntry => ({
      id: `unknown:${i + 1}`,
      relation: 'unknown',
      subject: '',
      answer: '',
      accepted: [reply],
      questions: [...questions],
    }),
  );
  return [...known, ...reversedKey(), ...yesNoKey(), ...unknown];
}
