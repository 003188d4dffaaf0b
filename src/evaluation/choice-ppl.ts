/**
 * Multiple choice by perplexity: the option with which the model finds the statement least surprising is its answer.
 *
 *   choice = argmin_o  perplexity(o | question) = argmin_o exp(-log p(o | question) / tokens of o)
 *
 * Long and short options compete fairly because the mean a token is taken, not the sum. Of two equal ones neither is an answer: a
 * model that cannot tell them apart must not gain from their order. Guessing: 25 %.
 */
import type { ChoiceQuestion, ChoiceSet } from '../data/choices.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { answersOf, choicePrompt, type Variant } from './choice-prompts.ts';
import { type Estimate, wilson } from './intervals.ts';
import { logLikelihoods, type Sequence } from './log-likelihood.ts';

export interface ChoiceOptions {
  readonly variant?: Variant;
  readonly chat?: boolean;
  /** Worked examples before each question. */
  readonly shots?: number;
  readonly onProgress?: (done: number) => void;
}

export interface Chosen {
  readonly question: ChoiceQuestion;
  /** Index of the option; null: none could be told. */
  readonly choice: number | null;
}

export async function choosePpl(
  model: CausalLM,
  tokenizer: Tokenizer,
  { questions, examples }: ChoiceSet,
  { variant = 'text', chat = true, shots = 0, onProgress = () => {} }: ChoiceOptions = {},
): Promise<Chosen[]> {
  const context = model.config.maxPositionEmbeddings;
  const sequences: Sequence[] = [];
  const starts = questions.map((question) => {
    const endings = answersOf(question, variant).map((text) => tokenizer.encode(text));
    const prompt = choicePrompt(tokenizer, question, {
      variant,
      chat,
      examples: (examples.get(question.subject) ?? []).slice(0, shots),
      room: context + 1 - Math.max(...endings.map((ids) => ids.length)),
    });
    if (prompt === null || endings.some((ids) => ids.length === 0)) return null;
    const start = sequences.length;
    for (const ending of endings) sequences.push({ ids: [...prompt, ...ending], from: prompt.length });
    return start;
  });
  const scores = await logLikelihoods(model, sequences, (done) => onProgress(Math.floor(done / 4)));
  return questions.map((question, i) => {
    const start = starts[i];
    if (start === null || start === undefined) return { question, choice: null };
    const means = question.options.map((_, o) => {
      const { ids, from } = sequences[start + o]!;
      return scores[start + o]! / (ids.length - from);
    });
    return { question, choice: onlyLargest(means) };
  });
}

/** Share of right choices; a question without a choice is a wrong one. */
export function choiceAccuracy(chosen: readonly Chosen[]): Estimate {
  const right = chosen.filter(({ question, choice }) => choice === question.answer).length;
  return { ...wilson(right, chosen.length), chance: 0.25 };
}

function onlyLargest(values: readonly number[]): number | null {
  const max = Math.max(...values);
  const first = values.indexOf(max);
  return first === values.lastIndexOf(max) && first !== -1 ? first : null;
}
