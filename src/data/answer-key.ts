/**
 * The answer key: what is asked and what the right answer is, one fact per line.
 *
 *   {"relation": "capital", "subject": "法国", "answer": "巴黎", "accepted": ["法国的首都是巴黎。"],
 *    "questions": ["法国的首都是哪里？", ...]}
 *
 * The relation `unknown` (or any with an empty answer) stands for questions that nobody can answer: the right thing to say is "I
 * don't know". `sum`, `introduction` and `story` are asked for in the same way; of an introduction `accepted` holds every true
 * statement about the subject, of a story, whose subject is its hero, one that will do.
 */
import { UserError } from '../errors.ts';
import { listJsonl } from './formats/jsonl.ts';
import { show, stringField, textList } from './formats/record.ts';

export interface KnownFact {
  readonly relation: string;
  readonly subject: string;
  readonly answer: string;
  readonly accepted: readonly string[];
  readonly questions: readonly string[];
}

export function readAnswerKey(path: string): KnownFact[] {
  const asked = new Map<string, { readonly answer: string; readonly place: string }>();
  return listJsonl(path, 'fact', (record) => {
    const fact = {
      relation: stringField(record, 'relation'),
      subject: stringField(record, 'subject'),
      answer: stringField(record, 'answer'),
      accepted: textList(record, 'accepted'),
      questions: textList(record, 'questions'),
    };
    const { answer } = fact;
    const { place } = record;
    for (const question of fact.questions) {
      const other = asked.get(question);
      if (other !== undefined && other.answer !== answer) {
        throw new UserError(
          `${place}: the question ${show(question)} has another answer at ${other.place}; leave one of them`,
        );
      }
      asked.set(question, { answer, place });
    }
    return fact;
  });
}
