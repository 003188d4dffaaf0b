/**
 * Dialogues for instruction tuning, one a line:
 *
 *   {"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}
 *   {"question": "...", "answer": "..."}                                  (the format of tiny-llm-zh)
 */
import { UserError } from '../errors.ts';
import type { Message } from '../tokenizer/index.ts';
import { type JsonlRecord, readJsonl, stringField } from './jsonl.ts';

export interface Dialogue {
  readonly messages: readonly Message[];
  /** `file:line` */
  readonly place: string;
}

export function* readDialogues(path: string): Generator<Dialogue> {
  for (const record of readJsonl(path)) {
    const { value, place } = record;
    if ('messages' in value) yield { messages: messagesOf(record), place };
    else if ('question' in value) {
      const messages: Message[] = [
        { role: 'user', content: stringField(record, 'question') },
        { role: 'assistant', content: stringField(record, 'answer') },
      ];
      yield { messages, place };
    } else {
      throw new UserError(`${place}: a dialogue needs the field "messages", or "question" and "answer"`);
    }
  }
}

function messagesOf({ value, place }: JsonlRecord): Message[] {
  const messages = value.messages;
  if (!Array.isArray(messages)) throw new UserError(`${place}: "messages" must be a list`);
  return messages.map((message: unknown, i) => {
    const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
    if ((role !== 'system' && role !== 'user' && role !== 'assistant') || typeof content !== 'string') {
      throw new UserError(
        `${place}: message ${i + 1} needs a role (system, user or assistant) and a content that is a string`,
      );
    }
    return { role, content };
  });
}
