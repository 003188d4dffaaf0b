/**
 * Prompts to draw answers to: the distinct prompts of the preference pairs.
 *
 * Prompts that leave no room for an answer are left out and counted, and so are those whose chosen answers are all longer than
 * what may be drawn: a policy whose every good story is cut off learns not to tell stories. Where rewards are verified, prompts
 * whose fact is not known are left out too.
 */
import { UserError } from '../../errors.ts';
import type { Tokenizer } from '../../tokenizer/index.ts';
import { factsOf, type Preference } from '../preferences.ts';
import { encodePrompt } from './pairs.ts';

/** Something to ask, and for verifiable rewards the fact that a right answer contains. */
export interface Prompt {
  readonly question: string;
  readonly ids: readonly number[];
  readonly fact: string | null;
}

interface PromptOptions {
  readonly context: number;
  /** Tokens to leave free for the answer. */
  readonly maxNewTokens: number;
  /** Keep only prompts whose right answer is known. */
  readonly needsFact: boolean;
  /** The file, for the sentence if it holds too little. */
  readonly source: string;
}

export function makePrompts(
  preferences: readonly Preference[],
  tokenizer: Tokenizer,
  { context, maxNewTokens, needsFact, source }: PromptOptions,
): { prompts: Prompt[]; note: string } {
  const facts = factsOf(preferences);
  const shortest = new Map<string, number>(); // prompt -> tokens of its shortest chosen answer, `</s>` included
  for (const { prompt, chosen } of preferences) {
    const length = tokenizer.encode(chosen).length + 1;
    if (prompt.trim() !== '') shortest.set(prompt, Math.min(length, shortest.get(prompt) ?? Infinity));
  }
  const prompts: Prompt[] = [];
  let [noRoom, tooLong, noFact] = [0, 0, 0];
  for (const [text, length] of shortest) {
    const fact = facts.get(text) ?? null;
    const ids = encodePrompt(tokenizer, text);
    if (ids.length + maxNewTokens > context) noRoom++;
    else if (length > maxNewTokens) tooLong++;
    else if (needsFact && fact === null) noFact++;
    else prompts.push({ question: text, ids, fact });
  }
  const reasons = [
    ...(noRoom > 0 ? [`${noRoom.toLocaleString('en')} leave no room for ${maxNewTokens} new tokens`] : []),
    ...(tooLong > 0
      ? [`to ${tooLong.toLocaleString('en')} the chosen answer is longer than ${maxNewTokens} tokens`]
      : []),
    ...(noFact > 0 ? [`of ${noFact.toLocaleString('en')} the right answer is not known`] : []),
  ];
  const left = reasons.length === 0 ? '' : ` (left out: ${reasons.join('; ')})`;
  if (prompts.length < 2) refuseTooFew(prompts.length, source, left);
  return { prompts, note: `${prompts.length.toLocaleString('en')} prompts${left}` };
}

/** Refuses fewer than two prompts. Reads no further than the second, so that it can be asked before any stage begins. */
export function requirePrompts(preferences: Iterable<Preference>, source: string): void {
  const found = new Set<string>();
  for (const { prompt } of preferences) {
    if (prompt.trim() !== '') found.add(prompt);
    if (found.size === 2) return;
  }
  refuseTooFew(found.size, source);
}

function refuseTooFew(found: number, source: string, left = ''): never {
  throw new UserError(
    `${source}: ${found === 0 ? 'no prompt' : 'only one prompt'} to draw answers to${left}; ` +
      'learning to answer takes at least two',
  );
}
