/**
 * Multiple choice by answering: the options are shown, the model writes, and the letter is taken from what it wrote.
 *
 * In this order: a letter named as the answer (答案是B, 选B); an answer that begins with a letter; exactly one of the four options in
 * the text (small models answer with the thing, not with its letter); one lone letter. Anything else is not an answer and counts
 * as wrong.
 */
import { type ChoiceSet, LETTERS } from '../data/choices.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { answerPrompts } from './answers.ts';
import type { ChoiceOptions, Chosen } from './choice-ppl.ts';
import { choicePrompt } from './choice-prompts.ts';

/** Tokens kept free for the answer. */
const ANSWER_ROOM = 16;

export async function chooseGen(
  model: CausalLM,
  tokenizer: Tokenizer,
  { questions, examples }: ChoiceSet,
  { chat = true, shots = 0, onProgress, signal }: Omit<ChoiceOptions, 'variant'> = {},
): Promise<Chosen[]> {
  const room = Math.max(1, model.config.maxPositionEmbeddings - ANSWER_ROOM);
  const prompts = questions.map((question) =>
    choicePrompt(tokenizer, question, {
      variant: 'letter',
      chat,
      examples: (examples.get(question.subject) ?? []).slice(0, shots),
      room,
    }),
  );
  const fitting = prompts.flatMap((prompt, i) => (prompt === null ? [] : [{ prompt, i }]));
  const answers = await answerPrompts(
    model,
    tokenizer,
    fitting.map(({ prompt }) => prompt),
    { onProgress, signal },
  );
  const choices = new Array<number | null>(questions.length).fill(null);
  for (const [row, { i }] of fitting.entries())
    choices[i] = chosenLetter(answers[row]!.text, questions[i]!.options);
  return questions.map((question, i) => ({ question, choice: choices[i]! }));
}

/** Index of the option that an answer chooses; null if none can be told. */
export function chosenLetter(answer: string, options: readonly string[]): number | null {
  const text = answer.trim();
  const named = /(?:答案|选项|应该?选|选择|我选|选)\s*(?:是|为|：|:)?\s*[（(“"]?([A-D])(?![A-Za-z])/u.exec(
    text,
  );
  if (named !== null) return indexOf(named[1]!);
  const leading = /^[（(“"]?([A-D])(?:[）)”".．。、,，:：\s]|$)/u.exec(text);
  if (leading !== null) return indexOf(leading[1]!);
  const contained = containedOptions(text, options);
  if (contained.length === 1) return contained[0]!;
  const lone = new Set([...text.matchAll(/(?<![A-Za-z])[A-D](?![A-Za-z])/gu)].map(([letter]) => letter));
  return lone.size === 1 && contained.length === 0 ? indexOf([...lone][0]!) : null;
}

function indexOf(letter: string): number {
  return (LETTERS as readonly string[]).indexOf(letter);
}

/** Options in the text; one within a longer option that is there too (三十 in 三十一) does not count. */
function containedOptions(text: string, options: readonly string[]): number[] {
  const longestFirst = [...options.keys()].sort((a, b) => options[b]!.length - options[a]!.length);
  const found: number[] = [];
  let rest = text;
  for (const i of longestFirst) {
    const option = options[i]!.trim();
    if (option === '' || !rest.includes(option)) continue;
    found.push(i);
    rest = rest.replaceAll(option, '\n');
  }
  return found;
}
