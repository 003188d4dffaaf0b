/**
 * Autoregressive generation with a KV cache.
 *
 *   read the prompt once  ->  choose a token  ->  feed it back, one position at a time  ->  until a stop id or the limit
 *
 * `generate` streams one sequence. `generateBatch` answers many prompts at once, greedily or as `choose` says; what it says to
 * one does not depend on the others (text-batch.ts).
 */
import { UserError } from '../errors.ts';
import { turn } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { checkFinite } from '../models/finite.ts';
import { Random, type Tensor } from '../tensor/index.ts';
import { nextTokens } from './next-tokens.ts';
import { checkSampling, greedy, indexOfMax, isGreedy, type SamplingOptions, sample } from './sampler.ts';
import { TextBatch } from './text-batch.ts';
import { type ByteTokens, WholeCharacters } from './whole-characters.ts';

export interface GenerateOptions extends Partial<SamplingOptions> {
  readonly maxNewTokens: number;
  /** Generation ends before any of these ids. */
  readonly stopIds?: readonly number[];
  readonly seed?: number;
  /** The vocabulary's bytes: with them no character is torn. */
  readonly bytes?: ByteTokens;
  /** Ends it: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Yields new token ids one by one, without the stop id. Ends early where the model's context is full. */
export async function* generate(
  model: CausalLM,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number> {
  const sampling = { ...greedy, ...options };
  checkSampling(sampling);
  const context = model.config.maxPositionEmbeddings;
  checkPrompt(prompt, model);
  if (options.maxNewTokens < 1) return;
  const random = new Random(options.seed ?? 0);
  const stop = new Set(options.stopIds);
  const seen = [...prompt];
  const whole = options.bytes === undefined ? null : new WholeCharacters(options.bytes, prompt);
  const text = new TextBatch(model, [prompt], options.maxNewTokens);
  try {
    let logits = text.begin();
    for (let made = 1; ; made++) {
      const left = Math.min(options.maxNewTokens - made, context - seen.length) + 1;
      const next = await choice(logits, seen, sampling, random, whole && { whole, left });
      if (stop.has(next)) return;
      yield next;
      await turn(options.signal); // whoever shows the token can draw it before the next one is computed
      seen.push(next);
      whole?.push(next);
      if (made === options.maxNewTokens || seen.length > context) return;
      logits = text.next([next]);
    }
  } finally {
    text.dispose();
  }
}

/** The next token of a text by its settings. */
async function choice(
  logits: Tensor,
  seen: readonly number[],
  sampling: SamplingOptions,
  random: Random,
  watch: { readonly whole: WholeCharacters; readonly left: number } | null,
): Promise<number> {
  try {
    if (isGreedy(sampling)) {
      const best = (await nextTokens(logits)).ids[0]!;
      if (watch === null || watch.whole.allows(best, watch.left)) return best;
    }
    const scores = (await logits.read()) as Float32Array;
    checkFinite(scores, 'logits');
    watch?.whole.restrict(scores, watch.left);
    return isGreedy(sampling) ? indexOfMax(scores) : sample(scores, seen, sampling, random);
  } finally {
    logits.dispose();
  }
}

interface BatchOptions {
  readonly maxNewTokens: number;
  readonly stopIds: readonly number[];
  /**
   * The next ids from logits [B, V], where row i continues prompt `rows[i]`; asked once per step for the texts that have not
   * ended. The most likely ones by default.
   */
  readonly choose?: (logits: Tensor, rows: readonly number[]) => Promise<ArrayLike<number>>;
  readonly signal?: AbortSignal | undefined;
}

const mostLikely = async (logits: Tensor) => (await nextTokens(logits)).ids;

/** Continuations of several prompts, without the stop id. */
export async function generateBatch(
  model: CausalLM,
  prompts: readonly (readonly number[])[],
  { maxNewTokens, stopIds, choose = mostLikely, signal }: BatchOptions,
): Promise<number[][]> {
  for (const prompt of prompts) checkPrompt(prompt, model);
  const answers: number[][] = prompts.map(() => []);
  if (prompts.length === 0 || maxNewTokens < 1) return answers;
  const stop = new Set(stopIds);
  const context = model.config.maxPositionEmbeddings;
  const batch = new TextBatch(model, prompts, maxNewTokens);
  try {
    let logits = batch.begin();
    for (;;) {
      const ids = await choose(logits, batch.rows);
      logits.dispose();
      const going: number[] = [];
      for (const [place, row] of batch.rows.entries()) {
        const next = ids[place]!;
        if (stop.has(next)) continue;
        const made = answers[row]!.push(next);
        if (made < maxNewTokens && prompts[row]!.length + made <= context) going.push(place);
      }
      await turn(signal);
      if (going.length === 0) return answers;
      logits = batch.next(batch.keep(going).map((place) => ids[place]!));
    }
  } finally {
    batch.dispose();
  }
}

function checkPrompt(prompt: readonly number[], model: CausalLM): void {
  const { maxPositionEmbeddings: context, vocabSize } = model.config;
  if (prompt.length === 0) throw new UserError('generate: the prompt is empty; give at least one token');
  if (prompt.length > context) {
    throw new UserError(
      `generate: the prompt has ${prompt.length} tokens, the model's context only ${context}; shorten it`,
    );
  }
  const bad = prompt.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (bad !== undefined)
    throw new UserError(`generate: there is no token ${bad}, the vocabulary has ${vocabSize}`);
}
