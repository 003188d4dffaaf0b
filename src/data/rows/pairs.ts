/**
 * Preference pairs as ids, and the prompts among them.
 *
 *   <|user|> prompt </s> <|assistant|> chosen </s>         <|user|> prompt </s> <|assistant|> rejected </s>
 *
 * The template is that of instruction tuning and of chat: a policy that is aligned on other prompts than it will meet learns
 * little. Pairs that teach nothing are left out and counted by reason; nothing is ever cut.
 */
import { UserError } from '../../errors.ts';
import { atOnce, inTurns } from '../../event-loop.ts';
import { encodeDialogue, type Tokenizer } from '../../tokenizer/index.ts';
import type { Preference } from '../preferences.ts';
import type { Answer } from './answers.ts';
import { epochOrder } from './rows.ts';

export interface Pair {
  readonly chosen: Answer;
  readonly rejected: Answer;
  readonly quality: string;
}

/** Why pairs were left out, and how many. */
const REASONS = {
  equal: 'chosen and rejected are equal',
  empty: 'an answer or the prompt is empty',
  noRoom: 'the prompt alone fills the context',
  tooLong: 'longer than the context',
} as const;
type Reason = keyof typeof REASONS;

interface EncodedPairs {
  readonly pairs: readonly Pair[];
  readonly skipped: Readonly<Record<Reason, number>>;
}

export function encodePairs(
  preferences: Iterable<Preference>,
  tokenizer: Tokenizer,
  context: number,
  limit = Infinity,
): EncodedPairs {
  return atOnce(encode(preferences, tokenizer, context, limit));
}

/** The same, with turns of the event loop in between; ends with the reason of `signal` once that is aborted. */
export function encodePairsInTurns(
  preferences: Iterable<Preference>,
  tokenizer: Tokenizer,
  context: number,
  signal?: AbortSignal,
): Promise<EncodedPairs> {
  return inTurns(encode(preferences, tokenizer, context, Infinity), signal);
}

/** Rests after every pair. */
function* encode(
  preferences: Iterable<Preference>,
  tokenizer: Tokenizer,
  context: number,
  limit: number,
): Generator<undefined, EncodedPairs> {
  const pairs: Pair[] = [];
  const skipped = { equal: 0, empty: 0, noRoom: 0, tooLong: 0 };
  for (const preference of preferences) {
    const pair = encodePair(preference, tokenizer, context);
    if (typeof pair === 'string') skipped[pair]++;
    else pairs.push(pair);
    if (pairs.length === limit) break;
    yield;
  }
  return { pairs, skipped };
}

/** Why a pair teaches nothing, whatever the model; null if it does. */
export function emptyOrEqual({ prompt, chosen, rejected }: Preference): 'empty' | 'equal' | null {
  if (chosen.trim() === rejected.trim()) return chosen.trim() === '' ? 'empty' : 'equal';
  return [prompt, chosen, rejected].some((text) => text.trim() === '') ? 'empty' : null;
}

/** Refuses preferences of which no pair can be learned from. Reads no further than the first that can. */
export function requirePair(
  preferences: Iterable<Preference>,
  tokenizer: Tokenizer,
  context: number,
  source: string,
): void {
  describePairs(encodePairs(preferences, tokenizer, context, 1), source);
}

function encodePair(preference: Preference, tokenizer: Tokenizer, context: number): Pair | Reason {
  const { prompt, chosen, rejected, quality } = preference;
  const useless = emptyOrEqual(preference);
  if (useless !== null) return useless;
  const start = encodePrompt(tokenizer, prompt);
  if (start.length >= context) return 'noRoom';
  const answer = (text: string): Answer => ({
    ids: [...start, ...tokenizer.encode(text), tokenizer.eosId],
    answerStart: start.length,
  });
  const [better, worse] = [answer(chosen), answer(rejected)];
  if (Math.max(better.ids.length, worse.ids.length) > context) return 'tooLong';
  return { chosen: better, rejected: worse, quality };
}

/** `<|user|> prompt </s> <|assistant|>` */
export function encodePrompt(tokenizer: Tokenizer, prompt: string): number[] {
  return encodeDialogue(tokenizer, [{ role: 'user', content: prompt }], { addGenerationPrompt: true }).ids;
}

/** "2,190 pairs (3 left out: chosen and rejected are equal; 1 left out: ...)"; no pair at all is an error that names the file. */
export function describePairs({ pairs, skipped }: EncodedPairs, source: string): string {
  const reasons = (Object.keys(REASONS) as Reason[]).filter((reason) => skipped[reason] > 0);
  const parts = reasons.map(
    (reason) => `${skipped[reason].toLocaleString('en')} left out: ${REASONS[reason]}`,
  );
  if (pairs.length === 0) {
    throw new UserError(
      `${source}: no pair to learn from, ${parts.length === 0 ? 'there are none' : parts.join('; ')}`,
    );
  }
  return `${pairs.length.toLocaleString('en')} pairs${parts.length === 0 ? '' : ` (${parts.join('; ')})`}`;
}

/** Item n = 0, 1, 2, ... of training: all items in every epoch, each epoch in an order of its own. */
export class EpochStream<Item> {
  private readonly items: readonly Item[];
  private readonly seed: number;
  private readonly shuffle: boolean;
  private order: { epoch: number; indices: Uint32Array } | null = null;

  constructor(
    items: readonly Item[],
    { seed, shuffle }: { readonly seed: number; readonly shuffle: boolean },
  ) {
    this.items = items;
    this.seed = seed;
    this.shuffle = shuffle;
  }

  row(n: number): Item {
    const epoch = Math.floor(n / this.items.length);
    if (this.order?.epoch !== epoch)
      this.order = { epoch, indices: epochOrder(this.items.length, this.seed, epoch, this.shuffle) };
    return this.items[this.order.indices[n % this.items.length]!]!;
  }
}
