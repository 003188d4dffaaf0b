/**
 * Texts that are continued together, one token of each at a time.
 *
 *   begin   all prompts in one pass, each different one once, with filler behind the shorter ones that nobody sees
 *   next    one more token of every text
 *   keep    texts that have ended leave: from there on nothing is computed for them
 *
 * A text's logits depend neither on the others nor on how many they are, to the last bit where the backend keeps to it (wasm).
 */
import type { CausalLM } from '../models/causal-lm.ts';
import type { KVCache } from '../nn/kv-cache.ts';
import { fromArray, noGrad, scope, type Tensor } from '../tensor/index.ts';

export class TextBatch {
  /** Which prompt each row continues. */
  rows: readonly number[];
  private readonly model: CausalLM;
  private readonly prompts: readonly (readonly number[])[];
  private readonly cache: KVCache;

  /** Room for `limit` new tokens, as far as the model's context has it. */
  constructor(model: CausalLM, prompts: readonly (readonly number[])[], limit: number) {
    this.model = model;
    this.prompts = prompts;
    this.rows = [...prompts.keys()];
    const context = model.config.maxPositionEmbeddings;
    const longest = Math.max(...prompts.map((prompt) => prompt.length));
    this.cache = model.model.newCache(prompts.length, Math.min(context, Math.max(2, longest + limit)));
  }

  /** Read the prompts; logits [B, V] after them. */
  begin(): Tensor {
    const { different, sources } = this.sorted();
    const lengths = different.map((prompt) => prompt.length);
    // At least two: the rules for a single token of each text are others, and one bit of a sum might be too.
    const T = Math.min(this.cache.capacity, Math.max(2, ...lengths));
    const ids = new Int32Array(different.length * T);
    for (const [row, prompt] of different.entries()) {
      ids.fill(prompt[0]!, row * T, (row + 1) * T);
      ids.set(prompt, row * T);
    }
    const ends = Int32Array.from(lengths, (length, row) => row * T + length - 1);
    this.cache.arrange([...different.keys()]);
    const logits = compute(() => {
      const all = this.model.logitsAt(fromArray(ids, [different.length, T]), vector(ends), {
        cache: this.cache,
        counted: lengths.map((length) => Array.from({ length: T }, (_, t) => (t < length ? 1 : 0))),
      });
      return sources.length === different.length ? all : all.indexSelect(0, vector(Int32Array.from(sources)));
    });
    this.cache.shorten(lengths);
    this.cache.arrange(sources);
    return logits;
  }

  /** One more token of each row; logits [B, V] after it. */
  next(ids: readonly number[]): Tensor {
    return compute(() => {
      const tokens = fromArray(Int32Array.from(ids), [ids.length, 1]);
      return this.model.logits(this.model.model.forward(tokens, { cache: this.cache }).squeeze(1));
    });
  }

  /** Go on with these rows only, named by their places, in order. Returns the places in the order in which they now stand. */
  keep(places: readonly number[]): readonly number[] {
    if (places.length === this.rows.length) return places;
    const staying = new Set(places);
    const last = places.filter((place) => place >= places.length); // they fill the gaps of those that leave
    const from = places.map((_, place) => (staying.has(place) ? place : last.pop()!));
    this.cache.arrange(from);
    this.rows = from.map((place) => this.rows[place]!);
    return from;
  }

  dispose(): void {
    this.cache.dispose();
  }

  /** The prompts that differ, and the number of its prompt for each row, equal ones side by side. */
  private sorted() {
    const numbers = new Map<string, number>();
    const different: (readonly number[])[] = [];
    const numberOf = this.prompts.map((prompt) => {
      const key = prompt.join();
      const number = numbers.get(key) ?? different.push(prompt) - 1;
      numbers.set(key, number);
      return number;
    });
    const order = [...numberOf.keys()].sort((a, b) => numberOf[a]! - numberOf[b]! || a - b);
    this.rows = order;
    return { different, sources: order.map((row) => numberOf[row]!) };
  }
}

const vector = (values: Int32Array) => fromArray(values, [values.length]);
const compute = (forward: () => Tensor) => scope(() => noGrad(forward));
