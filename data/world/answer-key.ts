/**
 * The answer key: for every fact all questions that any file asks about it, with the short answer and the one answer sentence.
 *
 * The judge of src/evaluation reads it, so that it needs neither a model nor this generator. Questions that nobody can answer
 * (tomorrow's weather, countries that do not exist) stand there with an empty answer, under the relation `unknown`. Other kinds
 * of questions are named by their relation too: `sum` (answer: the result), `introduction` (accepted: every true sentence about
 * the subject), `story` (subject: the hero).
 */
import { facts, replyTo } from './facts.ts';
import { reversedKey } from './reversed.ts';
import { asked } from './splits.ts';
import type { Answered } from './spoil.ts';
import { statementsOf } from './statements.ts';
import { yesNoKey } from './yes-no.ts';

export interface KeyEntry {
  readonly id: string;
  readonly relation: string;
  readonly subject: string;
  readonly answer: string;
  readonly accepted: readonly string[];
  readonly questions: readonly string[];
}

export function writeAnswerKey(others: readonly Answered[]): KeyEntry[] {
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
  return [...known, ...reversedKey(), ...yesNoKey(), ...entriesOf(others)];
}

/** Questions of one kind with the same answer share an entry. */
function entriesOf(others: readonly Answered[]): KeyEntry[] {
  const groups = new Map<string, Answered[]>();
  for (const one of others) {
    const key = `${one.kind}\n${one.kind === 'introduction' ? one.about : one.answer}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].map(([first, ...more], i): KeyEntry => {
    const { kind, about, answer } = first!; // a group has at least the one that opened it
    return {
      id: `${kind}:${i + 1}`,
      relation: kind === 'refusal' ? 'unknown' : kind,
      subject: kind === 'sum' ? '' : about,
      answer: kind === 'sum' ? about : '',
      accepted: kind === 'introduction' ? statementsOf(about) : [answer],
      questions: [first!, ...more].map(({ question }) => question),
    };
  });
}
