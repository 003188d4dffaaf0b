/**
 * Rollouts: answers drawn from the policy for it to learn from.
 *
 *   y_t ~ p(. | x, y_<t)  until `</s>` or the limit
 *
 * Tokens are drawn from the model's own distribution: with a temperature or top-p the ratios and divergences computed from these
 * answers would be those of another policy. Every answer has a random stream of its own, made from the seed and its number, so it
 * does not depend on the batch it is drawn in.
 */
import { UserError } from '../errors.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { Random } from '../tensor/index.ts';
import { generateBatch } from './generate.ts';
import { nextTokens } from './next-tokens.ts';

export interface Rollout {
  readonly prompt: readonly number[];
  /** Ends with `</s>` unless the limit cut it off. */
  readonly answer: readonly number[];
  /** Log-probability of each token of the answer as it was drawn. */
  readonly logProbs: readonly number[];
  /** False if the limit cut it off. */
  readonly finished: boolean;
}

interface RolloutOptions {
  readonly maxNewTokens: number;
  readonly stopId: number;
  readonly seed: number;
  /** Number of the first answer, from which the others are counted (default 0). */
  readonly first?: number;
}

/** One answer to every prompt. A prompt that leaves no room for `maxNewTokens` is refused. */
export async function rollOut(
  model: CausalLM,
  prompts: readonly (readonly number[])[],
  { maxNewTokens, stopId, seed, first = 0 }: RolloutOptions,
): Promise<Rollout[]> {
  const context = model.config.maxPositionEmbeddings;
  const longest = Math.max(0, ...prompts.map((prompt) => prompt.length));
  if (longest + maxNewTokens > context) {
    throw new UserError(
      `A prompt of ${longest} tokens leaves no room for an answer of ${maxNewTokens} in the context of ${context}`,
    );
  }
  const streams = prompts.map((_, row) => new Random(streamSeed(seed, first + row)));
  const logProbs: number[][] = prompts.map(() => []);
  const finished = prompts.map(() => false);
  const answers = await generateBatch(model, prompts, {
    maxNewTokens,
    stopIds: [stopId],
    async choose(logits, rows) {
      const drawn = await nextTokens(
        logits,
        rows.map((row) => streams[row]!),
      );
      for (const [place, row] of rows.entries()) {
        logProbs[row]!.push(drawn.logProbs[place]!);
        finished[row] = drawn.ids[place] === stopId;
      }
      return drawn.ids;
    },
  });
  return prompts.map((prompt, row) => ({
    prompt,
    answer: finished[row] ? [...answers[row]!, stopId] : answers[row]!,
    logProbs: logProbs[row]!,
    finished: finished[row]!,
  }));
}

/** A seed for answer number `answer` of the run `seed`: mixed, because neighbouring pairs must not share a stream. */
export function streamSeed(seed: number, answer: number): number {
  return (new Random(seed).uint32() ^ Math.imul(answer + 1, 0x85ebca6b)) >>> 0;
}
