/**
 * Answers to many prompts, in batches of nearly one length, and whether each came to its end by itself.
 *
 * Greedy, or drawn from the model's own distribution: every answer then has a random stream of its own, so that it depends on
 * neither the batch it is drawn in nor on its neighbours. A prompt longer than the context has no answer: its text is empty and
 * unfinished.
 */
import type { Watch } from '../event-loop.ts';
import { generateBatch } from '../generation/generate.ts';
import { nextTokens } from '../generation/next-tokens.ts';
import { streamSeed } from '../generation/rollout.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { Random } from '../tensor/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';

export interface GivenAnswer {
  readonly text: string;
  /** Ended with `</s>`; false: cut off by the limit. */
  readonly finished: boolean;
}

const BATCH = 128;
export const MAX_ANSWER_TOKENS = 48;
/** Introductions and stories have several sentences. */
export const MAX_LONG_ANSWER_TOKENS = 100;

export interface AnswerOptions extends Watch {
  /** Draw the answers at temperature 1 with this seed; greedy without one. */
  readonly seed?: number;
  /** Where an answer is cut off. */
  readonly maxNewTokens?: number;
}

export async function answerPrompts(
  model: CausalLM,
  tokenizer: Tokenizer,
  prompts: readonly (readonly number[])[],
  { seed, maxNewTokens = MAX_ANSWER_TOKENS, onProgress, signal }: AnswerOptions = {},
): Promise<GivenAnswer[]> {
  const order = [...prompts.keys()].sort((a, b) => prompts[a]!.length - prompts[b]!.length);
  const answers = prompts.map((): GivenAnswer => ({ text: '', finished: false }));
  for (let start = 0; start < order.length; start += BATCH) {
    const batch = order.slice(start, start + BATCH);
    const fitting = batch.filter((i) => prompts[i]!.length <= model.config.maxPositionEmbeddings);
    const ended = fitting.map(() => false);
    const streams = seed === undefined ? null : fitting.map((i) => new Random(streamSeed(seed, i)));
    const ids = await generateBatch(
      model,
      fitting.map((i) => prompts[i]!),
      {
        maxNewTokens,
        stopIds: [tokenizer.eosId],
        signal,
        async choose(logits, rows) {
          const { ids: next } = await nextTokens(logits, streams && rows.map((row) => streams[row]!));
          for (const [place, row] of rows.entries()) ended[row] = next[place] === tokenizer.eosId;
          return next;
        },
      },
    );
    for (const [row, i] of fitting.entries())
      answers[i] = { text: tokenizer.decode(ids[row]!, { skipSpecial: true }), finished: ended[row]! };
    onProgress?.(start + batch.length);
  }
  return answers;
}
