/**
 * A conversation with a model: history, trimming and streaming of whole characters.
 *
 * What does not fit into the context is forgotten, oldest turn first; the system message always stays. At most half of the
 * context is kept free for the answer. Text comes out at character boundaries only, and ends before a stop text.
 */
import { UserError } from '../errors.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { encodeDialogue, type Message, StreamDecoder, type Tokenizer } from '../tokenizer/index.ts';
import { type GenerateOptions, generate } from './generate.ts';
import { byteTokensOf } from './whole-characters.ts';

export interface ChatOptions extends Omit<GenerateOptions, 'stopIds'> {
  readonly system?: string | undefined;
  /** Texts that end an answer. */
  readonly stop?: readonly string[];
}

export class Chat {
  private readonly model: CausalLM;
  private readonly tokenizer: Tokenizer;
  private readonly options: ChatOptions;
  private history: Message[] = [];
  /** Turns of the history left out of the last prompt because they did not fit. */
  forgotten = 0;

  constructor(model: CausalLM, tokenizer: Tokenizer, options: ChatOptions) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.options = options;
  }

  clear(): void {
    this.history = [];
  }

  /** Stream the answer to `text`; both are remembered once the answer is complete. Throws the reason of `signal` once aborted. */
  async *say(text: string, signal?: AbortSignal): AsyncGenerator<string> {
    const question: Message = { role: 'user', content: text };
    const prompt = this.promptFor(question);
    let answer = '';
    for await (const piece of streamText(this.model, this.tokenizer, prompt, { ...this.options, signal })) {
      answer += piece;
      yield piece;
    }
    this.history.push(question, { role: 'assistant', content: answer });
  }

  /** The ids of the conversation with as much history as fits. */
  promptFor(question: Message): number[] {
    const context = this.model.config.maxPositionEmbeddings;
    const room = context - Math.min(this.options.maxNewTokens, Math.floor(context / 2));
    const system: Message[] = this.options.system ? [{ role: 'system', content: this.options.system }] : [];
    for (let start = 0; start <= this.history.length; start += 2) {
      const messages = [...system, ...this.history.slice(start), question];
      const { ids } = encodeDialogue(this.tokenizer, messages, { addGenerationPrompt: true });
      this.forgotten = start / 2;
      if (ids.length <= room) return ids;
    }
    throw new UserError(
      `This message does not fit into the model's context of ${context} tokens; write a shorter one`,
    );
  }
}

/** Generate text after a prompt; whole characters, ended by `</s>`, a stop text or the limit. */
export async function* streamText(
  model: CausalLM,
  tokenizer: Tokenizer,
  prompt: readonly number[],
  options: Omit<ChatOptions, 'system'>,
): AsyncGenerator<string> {
  const decoder = new StreamDecoder(tokenizer, { skipSpecial: true });
  const stops = (options.stop ?? []).filter((stop) => stop !== '');
  let held = ''; // text that may turn out to be the beginning of a stop text
  const bytes = byteTokensOf(tokenizer);
  for await (const id of generate(model, prompt, { ...options, bytes, stopIds: [tokenizer.eosId] })) {
    held += decoder.push(id);
    const found = firstStop(held, stops);
    if (found !== -1) {
      if (found > 0) yield held.slice(0, found);
      return;
    }
    const safe = held.length - beginningOfStop(held, stops);
    if (safe > 0) yield held.slice(0, safe);
    held = held.slice(safe);
  }
  held += decoder.flush();
  if (held !== '') yield held;
}

function firstStop(text: string, stops: readonly string[]): number {
  const places = stops.map((stop) => text.indexOf(stop)).filter((place) => place !== -1);
  return places.length === 0 ? -1 : Math.min(...places);
}

/** Length of the longest end of `text` that is a beginning of a stop text. */
function beginningOfStop(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
