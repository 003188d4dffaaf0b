/**
 * Where a model looks while it answers: the attention weights of one question and its answer, all layers and heads.
 *
 * Computed by the layers' own plain formula, softmax(Q K^T / sqrt(d) + mask), not by a kernel made for speed.
 */

import { generateBatch } from '../generation/generate.ts';
import { Collector } from '../nn/collector.ts';
import type { LoadedModel } from '../storage/model-directory.ts';
import { fromArray, noGrad } from '../tensor/index.ts';
import { encodeDialogue } from '../tokenizer/index.ts';

const MAX_ANSWER_TOKENS = 24;
/** A larger picture is no longer readable. */
const MAX_TOKENS = 48;

export interface AttentionWeights {
  readonly question: string;
  readonly answer: string;
  /** The pieces of question and answer with their markers. */
  readonly tokens: readonly string[];
  /** Position of the first token of the answer. */
  readonly answerStart: number;
  /** [layer][head], each T x T by rows: row q holds the shares of the positions 0 .. q. */
  readonly heads: readonly (readonly Float64Array[])[];
}

/** Question and greedy answer of a model; a base model continues the question. */
export async function attendedAnswer(
  { model, tokenizer }: LoadedModel,
  question: string,
  isBase: boolean,
): Promise<AttentionWeights> {
  const prompt = isBase
    ? [tokenizer.eosId, ...tokenizer.encode(question)]
    : encodeDialogue(tokenizer, [{ role: 'user', content: question }], { addGenerationPrompt: true }).ids;
  const context = model.config.maxPositionEmbeddings;
  const [answer = []] =
    prompt.length > context
      ? []
      : await generateBatch(model, [prompt], {
          maxNewTokens: MAX_ANSWER_TOKENS,
          stopIds: [tokenizer.eosId],
        });
  const ids = [...prompt, ...answer].slice(0, Math.min(context, MAX_TOKENS));
  const T = ids.length;
  const collect = new Collector({ attention: true });
  noGrad(() => model.model.forward(fromArray(Int32Array.from(ids), [1, T]), { collect }));
  const heads: Float64Array[][] = [];
  for (const layer of collect.captured.get('attention') ?? []) {
    const values = Float64Array.from(await layer.read()); // [1, H, T, T]
    heads.push(
      Array.from({ length: values.length / (T * T) }, (_, h) => values.subarray(h * T * T, (h + 1) * T * T)),
    );
  }
  const said = tokenizer.decode(ids.slice(prompt.length), { skipSpecial: true });
  return {
    question,
    answer: said,
    tokens: ids.map((id) => tokenizer.pieceOf(id)),
    answerStart: prompt.length,
    heads,
  };
}

/**
 * The head to show first: the one whose answer tokens look most at tokens that are neither the first nor themselves. Many heads
 * rest on the first token or on their own, and such a picture says little.
 */
export function mostTelling({ heads, tokens, answerStart }: AttentionWeights): {
  layer: number;
  head: number;
} {
  const T = tokens.length;
  let best = { layer: 0, head: 0, share: -1 };
  for (const [layer, row] of heads.entries()) {
    for (const [head, weights] of row.entries()) {
      let share = 0;
      // The row before the answer predicts its first token.
      for (let q = Math.max(0, answerStart - 1); q < T; q++)
        for (let k = 1; k < q; k++) share += weights[q * T + k]!;
      if (share > best.share + 1e-9) best = { layer, head, share };
    }
  }
  return { layer: best.layer, head: best.head };
}
