/**
 * Dialogues for instruction tuning, from a file in any format of records.ts with the fields of dialogue-fields.ts:
 *
 *   {"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}
 *   {"instruction": "...", "input": "", "output": "..."}
 */
import { UserError } from '../errors.ts';
import { checkMessages, type Message } from '../tokenizer/index.ts';
import { dialogues } from './maps/dialogue-fields.ts';

export interface Dialogue {
  readonly messages: readonly Message[];
  /** `file:line`, or record or row. */
  readonly place: string;
}

export function* readDialogues(path: string): Generator<Dialogue> {
  for (const { made, place } of dialogues.read(path)) yield { messages: made, place };
}

/**
 * True if there is something to learn from it: nobody says nothing, and the assistant says something. Roles in an order that a
 * conversation cannot have are a UserError.
 */
export function isLearnable({ messages, place }: Dialogue): boolean {
  if (messages.some(({ role, content }) => role !== 'system' && content.trim() === '')) return false;
  try {
    checkMessages(messages);
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${place}: ${error.message}`);
    throw error;
  }
  return messages.some(({ role }) => role === 'assistant');
}
