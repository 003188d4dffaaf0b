/**
 * Talking with a model that was taught no dialogue: it goes on with the text that it is given.
 *
 *   prompt   </s>, then the end of the text, as much as leaves room for what follows
 *
 * Asked as if it could chat it would meet role markers that it has never seen, and answer noise. The text comes out whole,
 * beginning included, as it would stand on a page. Every text is drawn with a seed of its own: the same beginning again goes on
 * differently.
 */
import { UserError } from '../errors.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { type ChatOptions, streamText } from './chat.ts';

/** The likeliest token again and again soon repeats itself; this draws, and keeps to what is likely. */
export const CONTINUING_TEMPERATURE = 0.8;

export class Continuation {
  /** Nothing is remembered: every text stands for itself. */
  readonly forgotten = 0;
  private readonly model: CausalLM;
  private readonly tokenizer: Tokenizer;
  private readonly options: ChatOptions;
  private texts = 0;

  constructor(model: CausalLM, tokenizer: Tokenizer, options: ChatOptions) {
    if (options.system) throw new UserError('--system is for a model that chats; this one continues text');
    this.model = model;
    this.tokenizer = tokenizer;
    this.options = options;
  }

  clear(): void {
    this.texts = 0;
  }

  /** Stream `text` and what follows it. Throws the reason of `signal` once aborted. */
  async *say(text: string, signal?: AbortSignal): AsyncGenerator<string> {
    yield text;
    const seed = ((this.options.seed ?? 0) + this.texts++) % 2 ** 32;
    yield* streamText(this.model, this.tokenizer, this.promptFor(text), { ...this.options, seed, signal });
  }

  promptFor(text: string): number[] {
    const context = this.model.config.maxPositionEmbeddings;
    const room = context - Math.min(this.options.maxNewTokens, Math.floor(context / 2));
    const ids = [this.tokenizer.eosId, ...this.tokenizer.encode(text)];
    return ids.length <= room ? ids : ids.slice(-room);
  }
}
