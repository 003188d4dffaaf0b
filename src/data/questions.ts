/**
 * Held-out questions for exact match, one per line:
 *
 *   {"relation": "...", "question": "...", "answer": "蓝鲸", "accepted": ["世界上最大的动物是蓝鲸。", ...]}
 */
import { listJsonl } from './formats/jsonl.ts';
import { type DataRecord, stringField, textList } from './formats/record.ts';

export interface Question {
  readonly relation: string;
  readonly question: string;
  /** The short answer, such as 蓝鲸. */
  readonly answer: string;
  /** Every sentence that counts as right. */
  readonly accepted: readonly string[];
}

export function readQuestions(path: string): Question[] {
  return listJsonl(path, 'question', (record) => asked(record, stringField(record, 'relation')));
}

/** Sums are questions of one relation, which their file need not repeat: {"question": "8+5等于多少？", "answer": "13", ...} */
export function readSums(path: string): Question[] {
  return listJsonl(path, 'sum', (record) => asked(record, 'sum'));
}

function asked(record: DataRecord, relation: string): Question {
  return {
    relation,
    question: stringField(record, 'question'),
    answer: stringField(record, 'answer'),
    accepted: textList(record, 'accepted', 'sentence'),
  };
}
