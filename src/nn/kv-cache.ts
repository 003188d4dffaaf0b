/**
 * KV cache: keys and values of the tokens seen so far, so that decoding one more token costs one token, not the whole text.
 *
 * A causal model never changes its mind about the past: the keys and values of earlier tokens do not depend on later ones. Memory
 * for all tokens is taken once; each step writes its T new columns in place and reads a view of what is filled.
 *
 *   row 0   x x x x x . .        Every row begins in column 0, so it is stored alike alone and beside others. Texts of different
 *   row 1   x x . . . . .        lengths are read together with filler behind the shorter ones, which `shorten` then forgets; from
 *   row 2   x x x x . . .        there on one token of each row is appended at a time, behind its own last one.
 *
 * Rows that have ended are given up by `arrange`, which also puts several copies of a row side by side (one question, many
 * answers). Shapes: per layer keys and values [batch, K, capacity, d]. Decoding only: nothing here is recorded for gradients.
 */
import { fromArray, fusedFor, type Tensor, where, zeros } from '../tensor/index.ts';

export interface KVCacheOptions {
  readonly layers: number;
  readonly batch: number;
  readonly kvHeads: number;
  readonly capacity: number;
  readonly headDim: number;
}

interface Store {
  readonly keys: Tensor;
  readonly values: Tensor;
}

export interface Remembered extends Store {
  /** Tokens before those of this step, in each row [B] int32; null where all rows have as many. */
  readonly past: Tensor | null;
}

interface Places {
  readonly starts: Tensor;
  /** 1 at each row's place [B, 1, capacity, 1], for backends that have no kernel for it. */
  readonly marks: Tensor | null;
}

export class KVCache {
  readonly capacity: number;
  private readonly batch: number;
  private readonly layers: readonly Store[];
  /** Tokens that every layer has stored, of each row in use. */
  private stored: readonly number[] = [];
  /** Those of the longest row. */
  length = 0;
  isRagged = false;
  /** Where the new tokens of this step go, made by the first layer for all. */
  private places: Places | null = null;

  constructor({ layers, batch, kvHeads, capacity, headDim }: KVCacheOptions) {
    this.capacity = capacity;
    this.batch = batch;
    this.setLengths(new Array<number>(batch).fill(0));
    const empty = () => zeros([batch, kvHeads, capacity, headDim]).keep();
    this.layers = Array.from({ length: layers }, () => ({ keys: empty(), values: empty() }));
  }

  /** Tokens of each row. */
  get lengths(): readonly number[] {
    return this.stored;
  }

  /**
   * Store T new keys and values [B, K, T, d] of one layer; returns views of everything stored, new ones included, and where rows
   * are of different lengths how many came before [B]: what lies behind a row's last token is not its own.
   */
  append(layer: number, keys: Tensor, values: Tensor): Remembered {
    const [rows, , T] = keys.shape as [number, number, number];
    const end = this.length + T;
    if (end > this.capacity) {
      throw new RangeError(`KV cache: ${end} tokens do not fit into a context of ${this.capacity}`);
    }
    const { keys: allKeys, values: allValues } = this.layers[layer]!;
    if (this.isRagged) {
      this.places ??= this.newPlaces(keys);
      this.appendOneEach(allKeys.slice(0, 0, rows), keys);
      this.appendOneEach(allValues.slice(0, 0, rows), values);
    } else {
      allKeys
        .slice(0, 0, rows)
        .slice(2, end - T, end)
        .assign(keys);
      allValues
        .slice(0, 0, rows)
        .slice(2, end - T, end)
        .assign(values);
    }
    return {
      keys: allKeys.slice(0, 0, rows).slice(2, 0, end),
      values: allValues.slice(0, 0, rows).slice(2, 0, end),
      past: this.places?.starts ?? null,
    };
  }

  /** Called once a step, after all layers have appended their T tokens. */
  advance(tokens: number): void {
    this.setLengths(this.stored.map((length) => length + tokens));
    this.places = null;
  }

  /** Forget what is stored behind these lengths, one for each row: it was filler. */
  shorten(lengths: readonly number[]): void {
    if (lengths.length !== this.stored.length || lengths.some((length, row) => length > this.stored[row]!))
      throw new RangeError(`KV cache: rows of ${this.stored} tokens cannot be shortened to ${lengths}`);
    this.setLengths(lengths);
  }

  /** From now on row i is what row `from[i]` was. Rows move to the front, or copies of rows to the back. */
  arrange(from: readonly number[]): void {
    const forward = from.every((source, row) => source >= row);
    if (from.length > this.batch || !(forward || from.every((source, row) => source <= row)))
      throw new RangeError(`KV cache: rows cannot be arranged as ${from} among ${this.batch}`);
    const rows = forward ? [...from.keys()] : [...from.keys()].reverse(); // nothing is overwritten before it is copied
    for (const row of rows) {
      const source = from[row]!;
      const length = this.stored[source]!;
      if (source === row || length === 0) continue;
      for (const { keys, values } of this.layers) {
        for (const all of [keys, values]) {
          const of = (i: number) => all.slice(0, i, i + 1).slice(2, 0, length).view;
          all.backend.assign(of(row), of(source));
        }
      }
    }
    this.setLengths(from.map((source) => this.stored[source]!));
  }

  dispose(): void {
    for (const { keys, values } of this.layers) {
      keys.dispose();
      values.dispose();
    }
  }

  private setLengths(lengths: readonly number[]): void {
    this.stored = [...lengths];
    this.length = Math.max(0, ...lengths);
    this.isRagged = lengths.some((length) => length !== this.length);
  }

  /** `tokens` [B, K, 1, d] into the column behind the last token of each row. */
  private appendOneEach(all: Tensor, tokens: Tensor): void {
    if (tokens.shape[2] !== 1)
      throw new RangeError('KV cache: rows of different lengths take one token of each at a time');
    const { starts, marks } = this.places!; // made by `append`
    if (marks === null) fusedFor(all)!.storeTokens!(all.view, tokens.view, starts.view);
    else all.assign(where(marks, tokens, all));
  }

  private newPlaces(tokens: Tensor): Places {
    const { stored, capacity } = this;
    const { dtype, backend } = tokens;
    const starts = fromArray(Int32Array.from(stored), [stored.length], { backend });
    if (fusedFor(tokens)?.storeTokens !== undefined) return { starts, marks: null };
    const marks = new Float64Array(stored.length * capacity);
    for (const [row, length] of stored.entries()) marks[row * capacity + length] = 1;
    return { starts, marks: fromArray(marks, [stored.length, 1, capacity, 1], { dtype, backend }) };
  }
}
