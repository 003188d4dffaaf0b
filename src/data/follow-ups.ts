/**
 * Conversations whose last question can only be answered by one who remembers the turns before, one per line:
 *
 *   {"kind": "same-question", "messages": [{"role": "user", "content": "法国的首都是哪里？"}, {"role": "assistant", ...},
 *    {"role": "user", "content": "那德国呢？"}], "answer": "柏林", "accepted": ["德国的首都是柏林。"]}
 */
import { UserError } from '../errors.ts';
import { checkMessages, type Message } from '../tokenizer/index.ts';
import { listJsonl } from './formats/jsonl.ts';
import { stringField, textList } from './formats/record.ts';
import { messagesIn } from './maps/message-list.ts';

export interface FollowUp {
  readonly kind: string;
  /** The last one is the user's. */
  readonly messages: readonly Message[];
  /** The short answer, such as 柏林. */
  readonly answer: string;
  readonly accepted: readonly string[];
}

export function readFollowUps(path: string): FollowUp[] {
  return listJsonl(path, 'conversation', (record) => {
    const messages = messagesIn(record, 'messages');
    try {
      checkMessages(messages, true);
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`${record.place}: ${error.message}`);
      throw error;
    }
    return {
      kind: stringField(record, 'kind'),
      messages,
      answer: stringField(record, 'answer'),
      accepted: textList(record, 'accepted', 'sentence'),
    };
  });
}
