/**
 * Autoregressive generation with a KV cache.
 *
 *   read the prompt once  ->  choose a token  ->  feed it back, one position at a time  ->  until a stop id or the limit
 *
 * `generate` streams one sequence. `generateBatch` answers many prompts at once, greedily or as `choose` says: rows are padded on
 * the left, so that all of them end at the same place and share every step.
 */
import { UserError } from '../errors.ts';
import { turn } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { checkFinite } from '../models/finite.ts';
import { fromArray, noGrad, Random, scope, type Tensor } from '../tensor/index.ts';
import type { Logits } from './processors.ts';
import { checkSampling, greedy, indexOfMax, type SamplingOptions, sample } from './sampler.ts';

export interface GenerateOptions extends Partial<SamplingOptions> {
  readonly maxNewTokens: number;
  /** Generation ends before any of these ids. */
  readonly stopIds?: readonly number[];
  readonly seed?: number;
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
  const random = new Random(options.seed ?? 0);
  const stop = new Set(options.stopIds);
  const seen = [...prompt];
  const cache = model.model.newCache(1, Math.min(context, prompt.length + options.maxNewTokens));
  try {
    let input: readonly number[] = prompt;
    for (let made = 0; made < options.maxNewTokens && seen.length <= context; made++) {
      const logits = await lastLogits(model, [input], (ids) => model.model.forward(ids, { cache }));
      const next = sample(logits as Float32Array, seen, sampling, random);
      if (stop.has(next)) return;
      yield next;
      await turn(options.signal); // whoever shows the token can draw it before the next one is computed
      seen.push(next);
      input = [next];
    }
  } finally {
    cache.dispose();
  }
}

interface BatchOptions {
  readonly maxNewTokens: number;
  readonly stopIds: readonly number[];
  /** The next id of a row from its logits [V], asked once per step and row that has not ended; the most likely one by default. */
  readonly choose?: (logits: Logits, row: number) => number;
  readonly signal?: AbortSignal | undefined;
}

/** Continuations of several prompts, without the stop id. */
export async function generateBatch(
  model: CausalLM,
  prompts: readonly (readonly number[])[],
  { maxNewTokens, stopIds, choose = indexOfMax, signal }: BatchOptions,
): Promise<number[][]> {
  if (prompts.length === 0) return [];
  for (const prompt of prompts) checkPrompt(prompt, model);
  const stop = new Set(stopIds);
  const context = model.config.maxPositionEmbeddings;
  const longest = Math.max(...prompts.map((prompt) => prompt.length));
  const shortest = Math.min(...prompts.map((prompt) => prompt.length));
  const leftPadding = prompts.map((prompt) => longest - prompt.length);
  const limit = Math.min(maxNewTokens, context - shortest + 1); // filler takes nothing of a row's context
  const cache = model.model.newCache(prompts.length, longest + limit);
  const answers: number[][] = prompts.map(() => []);
  const open = prompts.map(() => true);
  try {
    let inputs = prompts.map((prompt, row) => [
      ...new Array<number>(leftPadding[row]!).fill(prompt[0]!),
      ...prompt,
    ]);
    for (let made = 0; made < limit && open.some(Boolean); made++) {
      const T = inputs[0]!.length;
      const past = cache.length;
      const positions = Int32Array.from({ length: prompts.length * T }, (_, i) => {
        const position = past + (i % T) - leftPadding[Math.floor(i / T)]!;
        return Math.min(Math.max(0, position), context - 1); // filler in front, and rows that have ended
      });
      const logits = await lastLogits(model, inputs, (ids) => {
        return model.model.forward(ids, {
          cache,
          leftPadding,
          positions: fromArray(positions, [prompts.length, T]),
        });
      });
      const V = model.config.vocabSize;
      inputs = prompts.map((_, row) => {
        if (!open[row]) return [prompts[row]![0]!]; // any id: nobody reads what follows
        const next = choose(logits.subarray(row * V, (row + 1) * V) as Logits, row);
        if (stop.has(next)) open[row] = false;
        else answers[row]!.push(next);
        if (prompts[row]!.length + answers[row]!.length > context) open[row] = false;
        return [next];
      });
      await turn(signal);
    }
  } finally {
    cache.dispose();
  }
  return answers;
}

/** Logits [B * V] of the last position of every row; a FaultError where they are not finite. */
async function lastLogits(
  model: CausalLM,
  rows: readonly (readonly number[])[],
  forward: (ids: Tensor) => Tensor,
) {
  const T = rows[0]!.length;
  const result = scope(() =>
    noGrad(() => {
      const hidden = forward(fromArray(Int32Array.from(rows.flat()), [rows.length, T])); // [B, T, D]
      return model.logits(hidden.slice(1, T - 1).squeeze(1)); // [B, V]
    }),
  );
  const logits = await result.read();
  result.dispose();
  checkFinite(logits, 'logits');
  return logits;
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
