/**
 * A conversation as one row of ids. The same template everywhere: training, chat, server and `chat_template` on disk.
 *
 *   <|system|>你是助手。</s> <|user|>你好</s> <|assistant|>你好！</s>        (written without the spaces)
 *                                         ^ the generation prompt ends here
 *
 * The markers are ids, the contents are encoded as plain text one by one: whatever a user writes stays inside the message. (The
 * Jinja string below cannot promise that: it makes one text, in which Transformers finds every marker, whoever wrote it.)
 * `answerMask` is 1 on what the model has to learn to say: the assistant's contents, each with the `</s>` that ends it.
 */
import { UserError } from '../errors.ts';
import { ROLES, type Role } from './special-tokens.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface Message {
  readonly role: Role;
  readonly content: string;
}

interface EncodedDialogue {
  readonly ids: number[];
  /** One entry an id: 1 on the assistant's contents and their `</s>`, else 0. */
  readonly answerMask: number[];
}

/** For tokenizer_config.json: the template as Transformers, llama.cpp and vLLM read it. */
export const CHAT_TEMPLATE =
  "{% for message in messages %}{% if message['role'] not in ['system', 'user', 'assistant'] %}" +
  "{{ raise_exception('unknown role: ' + message['role']) }}{% endif %}" +
  "{{ '<|' + message['role'] + '|>' + message['content'] + '</s>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

interface DialogueOptions {
  /** End with `<|assistant|>`, so that the model answers the last user message. Default false. */
  readonly addGenerationPrompt?: boolean;
}

/** Ids and answer mask of a conversation; a UserError that names the message if the order of roles is wrong. */
export function encodeDialogue(
  tokenizer: Tokenizer,
  messages: readonly Message[],
  options: DialogueOptions = {},
): EncodedDialogue {
  const { addGenerationPrompt = false } = options;
  checkMessages(messages, addGenerationPrompt);
  const ids: number[] = [];
  const answerMask: number[] = [];
  for (const { role, content } of messages) {
    const contentIds = tokenizer.encode(content);
    const learned = role === 'assistant' ? 1 : 0;
    ids.push(tokenizer.roleId(role));
    answerMask.push(0);
    for (const id of contentIds) {
      ids.push(id);
      answerMask.push(learned);
    }
    ids.push(tokenizer.eosId);
    answerMask.push(learned);
  }
  if (addGenerationPrompt) {
    ids.push(tokenizer.assistantId);
    answerMask.push(0);
  }
  return { ids, answerMask };
}

/** At most one system message, first; then user, assistant, user, ... and at least one of them. Anything else is a UserError. */
export function checkMessages(messages: readonly Message[], addGenerationPrompt = false): void {
  const offset = messages[0]?.role === 'system' ? 1 : 0;
  for (const [i, { role, content }] of messages.entries()) {
    if (!ROLES.includes(role)) {
      throw new UserError(
        `conversation: message ${i + 1} has the role ${JSON.stringify(role)}; use one of ${ROLES.join(', ')}`,
      );
    }
    if (typeof content !== 'string') {
      throw new UserError(
        `conversation: the content of message ${i + 1} (${role}) must be a text, got ${typeof content}`,
      );
    }
    const expected = i < offset ? 'system' : (i - offset) % 2 === 0 ? 'user' : 'assistant';
    if (role !== expected) {
      throw new UserError(
        `conversation: message ${i + 1} is from ${role} but must be from ${expected}; an optional system message comes first, ` +
          'then user and assistant take turns',
      );
    }
  }
  if (messages.length === offset) {
    throw new UserError('conversation: there is no user message; give at least one');
  }
  const last = messages[messages.length - 1]?.role;
  if (addGenerationPrompt && last !== 'user') {
    throw new UserError(
      'conversation: the last message is from the assistant already; end with a user message to get an answer',
    );
  }
}
