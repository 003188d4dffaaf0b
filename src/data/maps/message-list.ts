/**
 * Lists of messages as data sets write them, with their own names for the speakers:
 *
 *   [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]        (OpenAI, UltraFeedback, this project)
 *   [{"from": "human", "value": "..."}, {"from": "gpt", "value": "..."}]                 (ShareGPT)
 */
import { UserError } from '../../errors.ts';
import type { Message } from '../../tokenizer/index.ts';
import { type DataRecord, ownField } from '../formats/record.ts';

const ROLES: ReadonlyMap<unknown, Message['role']> = new Map([
  ['system', 'system'],
  ['user', 'user'],
  ['human', 'user'],
  ['assistant', 'assistant'],
  ['gpt', 'assistant'],
]);

/** The messages in a field of a record; a UserError names the one that is not a message. */
export function messagesIn({ value, place }: DataRecord, field: string): Message[] {
  const messages = ownField(value, field);
  if (!Array.isArray(messages)) throw new UserError(`${place}: "${field}" must be a list`);
  return messages.map((message: unknown, i) => {
    const { role: speaker, from, content: text, value: said } = (message ?? {}) as Record<string, unknown>;
    const role = ROLES.get(speaker ?? from);
    const content = text ?? said;
    if (role === undefined || typeof content !== 'string') {
      throw new UserError(
        `${place}: message ${i + 1} of "${field}" needs a role (system, user or assistant; or from: system, human or gpt) ` +
          'and a content (or value) that is a string',
      );
    }
    return { role, content };
  });
}
