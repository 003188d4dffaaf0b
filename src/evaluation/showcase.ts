/**
 * Five answers that show what a model is like: a fact, a sum, an introduction, a story, and something it cannot know. Which
 * questions they are, the data fixes: the one in the middle of each file, whatever the model makes of it.
 */
import type { AbilityName, DataFiles } from '../data/layout.ts';
import { readQuestions } from '../data/questions.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { answerItems, type Item, type Marked, readItems } from './abilities.ts';
import { answerQuestions } from './exact-match.ts';

export interface Shown {
  readonly kind: string;
  readonly question: string;
  readonly text: string;
  readonly correct: boolean;
}

const KINDS: readonly (readonly [string, AbilityName])[] = [
  ['sum', 'sums'],
  ['introduction', 'introductions'],
  ['story', 'stories'],
  ['refusal', 'refusals'],
];

/** As many of the five as the data has files for, in that order. */
export async function showcase(
  loaded: { readonly model: CausalLM; readonly tokenizer: Tokenizer },
  { questions, abilities }: DataFiles,
  signal?: AbortSignal,
): Promise<Shown[]> {
  const shown: Shown[] = [];
  const add = (kind: string, marked: readonly Marked[]) => {
    for (const { question, text, correct } of marked)
      shown.push({ kind, question: question.question, text, correct });
  };
  const facts = questions.get('facts-unseen') ?? [...questions.values()][0];
  if (facts !== undefined)
    add(
      'fact',
      await answerQuestions(loaded.model, loaded.tokenizer, middle(readQuestions(facts)), { signal }),
    );
  for (const [kind, name] of KINDS) {
    const path = abilities.get(name);
    if (path === undefined) continue;
    const items: readonly Item[] = middle(readItems(name, path));
    add(kind, await answerItems(name, items, loaded, { signal }));
  }
  return shown;
}

function middle<T>(all: readonly T[]): T[] {
  const place = Math.floor(all.length / 2);
  return all.slice(place, place + 1);
}
