/**
 * Greedy answers to many prompts, in batches of nearly one length, and whether each came to its end by itself.
 *
 * A prompt longer than the context has no answer: its text is empty and unfinished.
 */
import { turn } from '../event-loop.ts';
import { generateBatch } from '../generation/generate.ts';
import { indexOfMax } from '../generation/sampler.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizer/index.ts';

export interface GivenAnswer {
  readonly text: string;
  /** Ended with `</s>`; false: cut off by the limit. */
  readonly finished: boolean;
}

const BATCH = 32;
export const MAX_ANSWER_TOKENS = 48;

export async function answerPrompts(
  model: CausalLM,
  tokenizer: Tokenizer,
  prompts: readonly (readonly number[])[],
  onProgress: (done: number) => void = () => {},
): Promise<GivenAnswer[]> {
  const order = [...prompts.keys()].sort((a, b) => prompts[a]!.length - prompts[b]!.length);
  const answers = prompts.map((): GivenAnswer => ({ text: '', finished: false }));
  for (let start = 0; start < order.length; start += BATCH) {
    const batch = order.slice(start, start + BATCH);
    const fitting = batch.filter((i) => prompts[i]!.length <= model.config.maxPositionEmbeddings);
    const ended = fitting.map(() => false);
    const ids = await generateBatch(
      model,
      fitting.map((i) => prompts[i]!),
      {
        maxNewTokens: MAX_ANSWER_TOKENS,
        stopIds: [tokenizer.eosId],
        choose(logits, row) {
          const next = indexOfMax(logits);
          ended[row] = next === tokenizer.eosId;
          return next;
        },
      },
    );
    for (const [row, i] of fitting.entries())
      answers[i] = { text: tokenizer.decode(ids[row]!, { skipSpecial: true }), finished: ended[row]! };
    onProgress(start + batch.length);
    await turn();
  }
  return answers;
}
