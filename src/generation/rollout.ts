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
import type { Logits } from './processors.ts';

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
  const weights = new Float64Array(model.config.vocabSize);
  const answers = await generateBatch(model, prompts, {
    maxNewTokens,
    stopIds: [stopId],
    choose(logits: Logits, row: number) {
      const { next, logProb } = drawFrom(logits, weights, streams[row]!.float());
      logProbs[row]!.push(logProb);
      finished[row] = next === stopId;
      return next;
    },
  });
  return prompts.map((prompt, row) => ({
    prompt,
    answer: finished[row] ? [...answers[row]!, stopId] : answers[row]!,
    logProbs: logProbs[row]!,
    finished: finished[row]!,
  }));
}

/**
 * The token into which u in [0, 1) falls, and its log-probability. Softmax and draw in three plain loops over `weights`, which is
 * scratch space: this runs once per token of every answer.
 */
function drawFrom(logits: Logits, weights: Float64Array, u: number): { next: number; logProb: number } {
  let max = -Infinity;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > max) max = logits[i]!;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    weights[i] = Math.exp(logits[i]! - max);
    sum += weights[i]!;
  }
  let next = 0;
  let below = 0;
  for (let i = 0; i < logits.length; i++) {
    if (weights[i] === 0) continue;
    next = i; // the last possible one, should rounding leave the sum short of u
    below += weights[i]!;
    if (u * sum < below) break;
  }
  return { next, logProb: logits[next]! - max - Math.log(sum) };
}

/** A seed for answer number `answer` of the run `seed`: mixed, because neighbouring pairs must not share a stream. */
export function streamSeed(seed: number, answer: number): number {
  return (new Random(seed).uint32() ^ Math.imul(answer + 1, 0x85ebca6b)) >>> 0;
}
