/**
 * Multiple choice by perplexity: the option with which the model finds the statement least surprising is its answer.
 *
 *   choice = argmin_o  exp(-log p(o | question) / unit)
 *
 *   unit 1              perplexity of the statement as a whole: the most probable statement wins. A long option pays for its
 *                       length
 *   unit tokens of o    perplexity per token: length costs nothing, but an option whose first token gives away the rest looks
 *                       probable
 *
 * Of two equal ones neither is an answer: a model that cannot tell them apart must not gain from their order. Guessing: 25 %.
 */
import type { ChoiceQuestion, ChoiceSet } from '../data/choices.ts';
import { type Answer, answerLength } from '../data/rows/answers.ts';
import type { Watch } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { scoreAnswers } from '../scoring/log-probs.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { answersOf, choicePrompt, type Variant } from './choice-prompts.ts';
import { type Estimate, wilson } from './intervals.ts';

export interface ChoiceOptions extends Watch {
  readonly variant?: Variant;
  readonly chat?: boolean;
  /** Worked examples before each question. */
  readonly shots?: number;
}

export interface Chosen {
  readonly question: ChoiceQuestion;
  /** Index of the option; null: none could be told. */
  readonly choice: number | null;
}

/** A question with log p of each option and its number of tokens; none where it does not fit into the context. */
export interface ScoredOptions {
  readonly question: ChoiceQuestion;
  readonly options: readonly { readonly logProb: number; readonly tokens: number }[];
}

export async function scoreOptions(
  model: CausalLM,
  tokenizer: Tokenizer,
  { questions, examples }: ChoiceSet,
  { variant = 'text', chat = true, shots = 0, onProgress, signal }: ChoiceOptions = {},
): Promise<ScoredOptions[]> {
  const context = model.config.maxPositionEmbeddings;
  const answers: Answer[] = [];
  const starts = questions.map((question) => {
    const endings = answersOf(question, variant).map((text) => tokenizer.encode(text));
    const prompt = choicePrompt(tokenizer, question, {
      variant,
      chat,
      examples: (examples.get(question.subject) ?? []).slice(0, shots),
      room: context + 1 - Math.max(...endings.map((ids) => ids.length)),
    });
    if (prompt === null || endings.some((ids) => ids.length === 0)) return null;
    const start = answers.length;
    for (const ending of endings) answers.push({ ids: [...prompt, ...ending], answerStart: prompt.length });
    return start;
  });
  const scores = await scoreAnswers(model, answers, {
    onProgress: (done) => onProgress?.(Math.floor(done / 4)),
    signal,
  });
  return questions.map((question, i) => {
    const start = starts[i]!;
    if (start === null) return { question, options: [] };
    const options = question.options.map((_, o) => {
      return { logProb: scores[start + o]!, tokens: answerLength(answers[start + o]!) };
    });
    return { question, options };
  });
}

/** The least surprising option of every question, by the whole statement or per token. */
export function chooseOptions(
  scored: readonly ScoredOptions[],
  unit: 'statement' | 'token' = 'statement',
): Chosen[] {
  return scored.map(({ question, options }) => ({
    question,
    choice: onlyLargest(
      options.map(({ logProb, tokens }) => (unit === 'token' ? logProb / tokens : logProb)),
    ),
  }));
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
