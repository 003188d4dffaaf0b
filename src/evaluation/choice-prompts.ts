/**
 * A multiple-choice question as a prompt, with k worked examples before it.
 *
 *   text     the options are not shown: the question, and each option as its answer (the completed statement)
 *   letter   the options are shown with letters, and the answer is a letter
 *
 * A model that was taught to answer gets the chat template, examples as earlier turns. A base model gets plain text: after a
 * question mark the answer begins with 是 (法国的首都是哪里？是巴黎。), else, and with letters, it stands after 问题：…回答：… Examples that do not
 * fit into the context are left out from the first on.
 */
import { type ChoiceQuestion, LETTERS } from '../data/choices.ts';
import { encodeDialogue, type Message, type Tokenizer } from '../tokenizer/index.ts';

export type Variant = 'text' | 'letter';

export interface PromptOptions {
  readonly variant: Variant;
  /** Taught to answer; false: a base model. */
  readonly chat: boolean;
  /** Worked examples, at most. */
  readonly examples: readonly ChoiceQuestion[];
  /** Tokens that a prompt may have. */
  readonly room: number;
}

/** Ids up to where the answer begins; null if even without examples it does not fit. */
export function choicePrompt(
  tokenizer: Tokenizer,
  question: ChoiceQuestion,
  { variant, chat, examples, room }: PromptOptions,
): number[] | null {
  const encode = chat ? asChat : asText;
  for (let first = 0; first <= examples.length; first++) {
    const turns = examples.slice(first).map((example) => ({
      asked: askedAs(example, variant),
      answered: answersOf(example, variant)[example.answer]!,
    }));
    const ids = encode(tokenizer, turns, askedAs(question, variant));
    if (ids.length <= room) return ids;
  }
  return null;
}

/** The four answers to choose from. */
export function answersOf({ options }: ChoiceQuestion, variant: Variant): readonly string[] {
  return variant === 'text' ? options : LETTERS;
}

function askedAs({ question, options }: ChoiceQuestion, variant: Variant): string {
  if (variant === 'text') return question;
  return [question, ...options.map((option, i) => `${LETTERS[i]}. ${option}`)].join('\n');
}

interface Turn {
  readonly asked: string;
  readonly answered: string;
}

function asChat(tokenizer: Tokenizer, turns: readonly Turn[], question: string): number[] {
  const messages = turns.flatMap(({ asked, answered }): Message[] => [
    { role: 'user', content: asked },
    { role: 'assistant', content: answered },
  ]);
  const dialogue: Message[] = [...messages, { role: 'user', content: question }];
  return encodeDialogue(tokenizer, dialogue, { addGenerationPrompt: true }).ids;
}

function asText(tokenizer: Tokenizer, turns: readonly Turn[], question: string): number[] {
  const lead = (asked: string) => (asked.endsWith('？') ? `${asked}是` : `问题：${asked}回答：`);
  const examples = turns.map(({ asked, answered }) => `${lead(asked)}${answered}。`).join('');
  return [tokenizer.eosId, ...tokenizer.encode(`${examples}${lead(question)}`)];
}
