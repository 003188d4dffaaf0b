/**
 * A model that says what it is told, and a small tokenizer: for tests of what happens around the model.
 *
 * The forward pass is real (and with it prompts, caches and the context), only the scores are replaced: one token 10, the others
 * 0.
 */
import { CausalLM } from '../../src/models/causal-lm.ts';
import { fromArray, Random, type Tensor } from '../../src/tensor/index.ts';
import { Tokenizer, trainBpe } from '../../src/tokenizer/index.ts';
import { tinyConfig } from '../models/tiny.ts';

const corpus = ['你好吗？我很好。', '结果是好的。结束了。', '天空是蓝色的，海也是蓝色的。'];

/** Every character of the corpus is one piece, any other is three or four bytes. */
export const tokenizer = new Tokenizer(
  trainBpe(corpus, { vocabSize: 300, shrinkToFit: true, characterCoverage: 1 }),
);

export class ScriptedLM extends CausalLM {
  /** What is still to be said, token by token; then `</s>` for ever. */
  readonly script: number[] = [];

  constructor(context = 64) {
    const changes = { vocabSize: tokenizer.vocabSize, numHiddenLayers: 1, maxPositionEmbeddings: context };
    super({ ...tinyConfig, ...changes }, new Random(1));
  }

  override logits(hidden: Tensor): Tensor {
    const scores = new Float32Array(this.config.vocabSize);
    scores[this.script.shift() ?? tokenizer.eosId] = 10;
    return fromArray(scores, [...hidden.shape.slice(0, -1), this.config.vocabSize]);
  }

  /** Say a text next; `</s>` follows by itself. */
  willSay(...texts: readonly string[]): this {
    for (const text of texts) this.script.push(...tokenizer.encode(text), tokenizer.eosId);
    return this;
  }
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** The error that a promise ends with; a promise that ends well is an error itself. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error, but there was none');
}
