/**
 * Held-out questions for exact match, one per line:
 *
 *   {"relation": "...", "question": "...", "answer": "蓝鲸", "accepted": ["世界上最大的动物是蓝鲸。", ...]}
 */
import { UserError } from '../errors.ts';
import { listJsonl } from './formats/jsonl.ts';
import { stringField } from './formats/record.ts';

export interface Question {
  readonly relation: string;
  readonly question: string;
  /** The short answer, such as 蓝鲸. */
  readonly answer: string;
  /** Every sentence that counts as right. */
  readonly accepted: readonly string[];
}

export function readQuestions(path: string): Question[] {
  return listJsonl(path, 'question', (record) => {
    const { accepted } = record.value;
    if (
      !Array.isArray(accepted) ||
      accepted.length === 0 ||
      !accepted.every((text) => typeof text === 'string')
    ) {
      throw new UserError(`${record.place}: "accepted" must be a list of at least one sentence`);
    }
    return {
      relation: stringField(record, 'relation'),
      question: stringField(record, 'question'),
      answer: stringField(record, 'answer'),
      accepted,
    };
  });
}
