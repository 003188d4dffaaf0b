/**
 * Requests to introduce something, one per line, with everything true that may be said:
 *
 *   {"subject": "长城", "question": "请介绍一下长城。", "statements": ["长城是中国古代的建筑。", ...]}
 */
import { listJsonl } from './formats/jsonl.ts';
import { stringField, textList } from './formats/record.ts';

export interface IntroductionRequest {
  readonly subject: string;
  readonly question: string;
  /** Every true sentence about the subject that counts. */
  readonly statements: readonly string[];
}

export function readIntroductions(path: string): IntroductionRequest[] {
  return listJsonl(path, 'request', (record) => ({
    subject: stringField(record, 'subject'),
    question: stringField(record, 'question'),
    statements: textList(record, 'statements', 'sentence'),
  }));
}
