/** A model with fixed preferences: the same scores of the tokens at every place, or those of a step of the answer. */
import { CausalLM } from '../../src/models/causal-lm.ts';
import { fromArray, Random, type Tensor } from '../../src/tensor/index.ts';
import { tinyConfig, tinyTokenizer as tokenizer } from '../training/tiny.ts';

export class FixedLM extends CausalLM {
  /** Scores by token of step 0, 1, ...; the last ones stay. */
  private readonly steps: readonly Readonly<Record<number, number>>[];
  private step = 0;

  constructor(steps: readonly Readonly<Record<number, number>>[], context = 128) {
    super({ ...tinyConfig, maxPositionEmbeddings: context, numHiddenLayers: 1 }, new Random(1));
    this.steps = steps;
  }

  override logits(hidden: Tensor): Tensor {
    const shape = [...hidden.shape.slice(0, -1), this.config.vocabSize];
    const scores = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const liked = this.steps[Math.min(this.step++, this.steps.length - 1)]!;
    for (let row = 0; row < scores.length; row += this.config.vocabSize)
      for (const [id, score] of Object.entries(liked)) scores[row + Number(id)] = score;
    return fromArray(scores, shape);
  }
}

/** Likes the tokens of some texts, everywhere. */
export function liking(texts: Readonly<Record<string, number>>, context?: number): FixedLM {
  const scores = Object.entries(texts).flatMap(([text, score]) =>
    tokenizer.encode(text).map((id) => [id, score] as const),
  );
  return new FixedLM([Object.fromEntries(scores)], context);
}

/** Answers every question with this text, then `</s>`; one batch of questions only. */
export function saying(text: string, context?: number): FixedLM {
  const ids = [...tokenizer.encode(text), tokenizer.eosId];
  return new FixedLM(
    ids.map((id) => ({ [id]: 20 })),
    context,
  );
}

/** The rows of ids that a model is given from now on, batch by batch. */
export function listen(model: CausalLM): number[][][] {
  const heard: number[][][] = [];
  const forward = model.model.forward.bind(model.model);
  model.model.forward = (ids, options) => {
    const [B, T] = ids.shape as [number, number];
    const values = Array.from(ids.toArray());
    heard.push(Array.from({ length: B }, (_, row) => values.slice(row * T, (row + 1) * T)));
    return forward(ids, options);
  };
  return heard;
}
