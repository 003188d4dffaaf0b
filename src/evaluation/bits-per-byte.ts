/**
 * Bits per byte: how many bits the model needs for each byte of text it has never seen. Lower is better.
 *
 *   bpb = sum over documents of -log2 p(document) / sum of their UTF-8 bytes
 *
 * Unlike perplexity per token it does not depend on the tokenizer, so models with different vocabularies can be compared. A
 * document is read after `</s>`, as in training, and includes its closing `</s>`; one longer than the context is read in
 * stretches.
 */
import { collect, type Watch } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { scoreAnswers } from '../scoring/log-probs.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { type Estimate, ratio } from './intervals.ts';

export interface TextScore {
  readonly bitsPerByte: Estimate;
  /** e to the mean loss per token: the number of tokens between which the model hesitates. */
  readonly perplexity: number;
  readonly tokens: number;
}

export async function scoreTexts(
  model: CausalLM,
  tokenizer: Tokenizer,
  texts: readonly string[],
  { onProgress, signal }: Watch = {},
): Promise<TextScore> {
  const context = model.config.maxPositionEmbeddings;
  let tokens = 0;
  const cut = function* () {
    for (const [text, content] of texts.entries()) {
      const ids = [tokenizer.eosId, ...tokenizer.encode(content), tokenizer.eosId];
      tokens += ids.length - 1;
      for (let start = 0; start < ids.length - 1; start += context)
        yield { text, ids: ids.slice(start, start + context + 1) };
    }
  };
  const stretches = await collect(cut(), signal);
  const nats = new Float64Array(texts.length);
  const scores = await scoreAnswers(
    model,
    stretches.map(({ ids }) => ({ ids, answerStart: 1 })),
    {
      onProgress: (done) => onProgress?.(Math.floor((done * texts.length) / stretches.length)),
      signal,
    },
  );
  for (const [i, { text }] of stretches.entries()) nats[text]! -= scores[i]!;
  const utf8 = new TextEncoder();
  const pairs = texts.map((content, i) => ({ y: nats[i]! / Math.LN2, x: utf8.encode(content).length }));
  const total = nats.reduce((a, b) => a + b, 0);
  return { bitsPerByte: ratio(pairs), perplexity: Math.exp(total / tokens), tokens };
}
