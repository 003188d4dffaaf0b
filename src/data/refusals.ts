/**
 * Questions that the model cannot answer, one per line; the right thing is to say so:
 *
 *   {"kind": "weather", "question": "明天会下雨吗？"}
 */
import { listJsonl } from './formats/jsonl.ts';
import { stringField } from './formats/record.ts';

export interface RefusalQuestion {
  /** Why it cannot be answered, such as weather, private or beyond. */
  readonly kind: string;
  readonly question: string;
}

export function readRefusals(path: string): RefusalQuestion[] {
  return listJsonl(path, 'question', (record) => ({
    kind: stringField(record, 'kind'),
    question: stringField(record, 'question'),
  }));
}
