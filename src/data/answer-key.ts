/**
 * The answer key: what is asked and what the right answer is, one fact per line.
 *
 *   {"relation": "capital", "subject": "法国", "answer": "巴黎", "accepted": ["法国的首都是巴黎。"],
 *    "questions": ["法国的首都是哪里？", ...]}
 *
 * An empty answer stands for questions that nobody can answer: the right thing to say is "I don't know".
 */
import { UserError } from '../errors.ts';
import { readJsonl } from './formats/jsonl.ts';
import { type DataRecord, stringField } from './formats/record.ts';

export interface KnownFact {
  readonly relation: string;
  readonly subject: string;
  readonly answer: string;
  readonly accepted: readonly string[];
  readonly questions: readonly string[];
}

export function readAnswerKey(path: string): KnownFact[] {
  return [...readJsonl(path)].map((record) => ({
    relation: stringField(record, 'relation'),
    subject: stringField(record, 'subject'),
    answer: stringField(record, 'answer'),
    accepted: stringList(record, 'accepted'),
    questions: stringList(record, 'questions'),
  }));
}

function stringList({ value, place }: DataRecord, field: string): string[] {
  const list = value[field];
  if (!Array.isArray(list) || list.length === 0 || !list.every((text) => typeof text === 'string'))
    throw new UserError(`${place}: "${field}" must be a list of at least one text`);
  return list;
}
