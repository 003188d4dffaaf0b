/**
 * Bits per byte: how many bits the model needs for each byte of text it has never seen. Lower is better.
 *
 *   bpb = sum over documents of -log2 p(document) / sum of their UTF-8 bytes
 *
 * Unlike perplexity a token it does not depend on the tokenizer, so models with different vocabularies can be compared.
 * A document is read after `</s>`, as in training, and includes its closing `</s>`; one longer than the context is read in stretches.
 */

import { turn } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { fromArray, noGrad, scope } from '../tensor/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { type Estimate, ratio } from './intervals.ts';

export interface TextScore {
  readonly bitsPerByte: Estimate;
  /** e to the mean loss a token: between how many tokens the model hesitates. */
  readonly perplexity: number;
  readonly tokens: number;
}

const BATCH = 16;

export async function scoreTexts(
  model: CausalLM,
  tokenizer: Tokenizer,
  texts: readonly string[],
): Promise<TextScore> {
  const context = model.config.maxPositionEmbeddings;
  const stretches: { text: number; ids: number[] }[] = [];
  let tokens = 0;
  for (const [text, content] of texts.entries()) {
    const ids = [tokenizer.eosId, ...tokenizer.encode(content), tokenizer.eosId];
    tokens += ids.length - 1;
    for (let start = 0; start < ids.length - 1; start += context)
      stretches.push({ text, ids: ids.slice(start, start + context + 1) });
  }
  stretches.sort((a, b) => a.ids.length - b.ids.length); // rows of a batch of nearly one length
  const nats = new Float64Array(texts.length);
  for (let start = 0; start < stretches.length; start += BATCH) {
    const batch = stretches.slice(start, start + BATCH);
    const losses = await stretchLosses(
      model,
      batch.map(({ ids }) => ids),
    );
    for (const [i, { text }] of batch.entries()) nats[text]! += losses[i]!;
    await turn();
  }
  const utf8 = new TextEncoder();
  const pairs = texts.map((content, i) => ({ y: nats[i]! / Math.LN2, x: utf8.encode(content).length }));
  const total = nats.reduce((a, b) => a + b, 0);
  return { bitsPerByte: ratio(pairs), perplexity: Math.exp(total / tokens), tokens };
}

/** Summed loss in nats of each row of ids (every id after the first is predicted). Rows are padded on the right. */
async function stretchLosses(model: CausalLM, rows: readonly (readonly number[])[]): Promise<number[]> {
  const T = Math.max(...rows.map((ids) => ids.length)) - 1;
  const inputs = new Int32Array(rows.length * T);
  const places: number[] = [];
  const targets: number[] = [];
  for (const [row, ids] of rows.entries()) {
    for (let t = 0; t < ids.length - 1; t++) {
      inputs[row * T + t] = ids[t]!;
      places.push(row * T + t);
      targets.push(ids[t + 1]!);
    }
  }
  const losses = scope(() =>
    noGrad(() => {
      const logits = model.logitsAt(
        fromArray(inputs, [rows.length, T]),
        fromArray(Int32Array.from(places), [places.length]),
      );
      return logits.crossEntropy(fromArray(Int32Array.from(targets), [targets.length]), {
        reduction: 'none',
      });
    }),
  );
  const values = await losses.read();
  losses.dispose();
  const sums = new Array<number>(rows.length).fill(0);
  for (const [i, place] of places.entries()) sums[Math.floor(place / T)]! += values[i]!;
  return sums;
}
