/**
 * The answer key: what is asked and what the right answer is, one fact per line.
 *
 *   {"relation": "capital", "subject": "法国", "answer": "巴黎", "accepted": ["法国的首都是巴黎。"],
 *    "questions": ["法国的首都是哪里？", ...]}
 *
 * An empty answer stands for questions that nobody can answer: the right thing to say is "I don't know".
 */
import { UserError } from '../errors.ts';
import { listJsonl } from './formats/jsonl.ts';
import { type DataRecord, show, stringField } from './formats/record.ts';

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
      accepted: stringList(record, 'accepted'),
      questions: stringList(record, 'questions'),
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

function stringList({ value, place }: DataRecord, field: string): string[] {
  const list = value[field];
  if (!Array.isArray(list) || list.length === 0 || !list.every((text) => typeof text === 'string'))
    throw new UserError(`${place}: "${field}" must be a list of at least one text`);
  return list;
}
