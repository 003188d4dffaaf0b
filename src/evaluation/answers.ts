/**
 * Answers to many prompts, in batches of nearly one length, and whether each came to its end by itself.
 *
 * Greedy, or drawn from the model's own distribution: every answer then has a random stream of its own, so that it depends on
 * neither the batch it is drawn in nor on its neighbours. As in a chat no character is torn (whole-characters.ts). A prompt longer
 * than the context has no answer: its text is empty and unfinished.
 */
import type { Watch } from '../event-loop.ts';
import { generateBatch } from '../generation/generate.ts';
import { nextTokens } from '../generation/next-tokens.ts';
import type { Logits } from '../generation/processors.ts';
import { streamSeed } from '../generation/rollout.ts';
import { greedy, sample } from '../generation/sampler.ts';
import { byteTokensOf, WholeCharacters } from '../generation/whole-characters.ts';
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

const drawn = { ...greedy, temperature: 1 };
const unused = new Random(0); // greedy draws nothing

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
  const { vocabSize, maxPositionEmbeddings: context } = model.config;
  const order = [...prompts.keys()].sort((a, b) => prompts[a]!.length - prompts[b]!.length);
  const answers = prompts.map((): GivenAnswer => ({ text: '', finished: false }));
  for (let start = 0; start < order.length; start += BATCH) {
    const batch = order.slice(start, start + BATCH);
    const fitting = batch.filter((i) => prompts[i]!.length <= context);
    const ended = fitting.map(() => false);
    const streams = seed === undefined ? null : fitting.map((i) => new Random(streamSeed(seed, i)));
    const texts = fitting.map((i) => ({
      whole: new WholeCharacters(byteTokensOf(tokenizer)),
      room: Math.min(maxNewTokens, context - prompts[i]!.length + 1),
      made: 0,
    }));
    const ids = await generateBatch(
      model,
      fitting.map((i) => prompts[i]!),
      {
        maxNewTokens,
        stopIds: [tokenizer.eosId],
        signal,
        async choose(logits, rows) {
          const { ids } = await nextTokens(logits, streams && rows.map((row) => streams[row]!));
          const next = Array.from(ids);
          let scores: Logits | null = null; // read only where a character would be torn
          for (const [place, row] of rows.entries()) {
            const { whole, room } = texts[row]!;
            const left = room - texts[row]!.made++;
            if (!whole.allows(next[place]!, left)) {
              scores ??= (await logits.read()) as Logits;
              const own = scores.slice(place * vocabSize, (place + 1) * vocabSize);
              whole.restrict(own, left);
              next[place] = sample(own, [], streams ? drawn : greedy, streams?.[row] ?? unused);
            }
            whole.push(next[place]!);
          }
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
