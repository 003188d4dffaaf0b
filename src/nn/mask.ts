/**
 * Attention masks: which key positions a query may not look at (1 = blocked, 0 = visible).
 *
 *   causal     a token sees itself and what came before it
 *   padding    nobody sees the filler in front of a short row of a batch
 *   documents  when several documents share one row, each token sees its own document only
 *   branches   when several answers share one question, each token sees the question and its own answer only
 *
 * They are combined on the host into one tensor [1 or B, 1, 1, T, S] that broadcasts over heads (T queries, S keys; with a
 * KV cache S > T). Blocked scores become MASKED rather than -Infinity: e^(MASKED - max) is exactly 0, and a row in which
 * everything is blocked (a filler token's own) gives finite numbers that nobody reads, instead of NaN.
 */
import { arange, type DType, fromArray, getDefaults, hostArray, type Tensor } from '../tensor/index.ts';

export const MASKED = -1e30;

export interface MaskOptions {
  /** Number of queries. */
  readonly queries: number;
  /** Number of keys; the queries are the last ones of them. */
  readonly keys: number;
  /** One entry for each row of the batch: how many filler tokens stand in front of it. */
  readonly leftPadding?: readonly number[];
  /** One entry for each row of the batch: the number of the document each key position belongs to. */
  readonly documents?: readonly ArrayLike<number>[];
  /** One entry for each row: the branch of its document that each key position belongs to, 0 for what all of them share. */
  readonly branches?: readonly ArrayLike<number>[];
}

/** The mask, or null where every query may see every key (one new token, nothing padded). Layers hide the future by themselves. */
export function attentionMask({
  queries,
  keys,
  leftPadding,
  documents,
  branches,
}: MaskOptions): Tensor | null {
  const padded = leftPadding?.some((count) => count > 0) ?? false;
  if (queries === 1 && !padded && documents === undefined && branches === undefined) return null;
  const rows = Math.max(padded ? leftPadding!.length : 1, documents?.length ?? 1, branches?.length ?? 1);
  const values = hostArray(getDefaults().dtype, rows * queries * keys);
  const past = keys - queries;
  for (let row = 0; row < rows; row++) {
    const filler = padded ? leftPadding![row]! : 0;
    const ids = documents?.[row];
    const own = branches?.[row];
    for (let q = 0; q < queries; q++) {
      const at = (row * queries + q) * keys;
      for (let k = 0; k < keys; k++) {
        const future = k > past + q;
        const elsewhere = ids !== undefined && ids[k] !== ids[past + q];
        const aside = own !== undefined && own[k] !== 0 && own[k] !== own[past + q];
        if (future || k < filler || elsewhere || aside) values[at + k] = 1;
      }
    }
  }
  return fromArray(values, [rows, 1, 1, queries, keys]);
}

/** For one query of each row: 1 for the keys behind its own, of S [B, 1, 1, 1, S]; `past` [B] keys lie before that. */
export function hiddenBehind(past: Tensor, S: number, dtype: DType): Tensor {
  const places = arange(S, { dtype, backend: past.backend }).reshape([1, 1, 1, 1, S]);
  return places.gt(past.to(dtype).reshape([-1, 1, 1, 1, 1]));
}

export interface CountedOptions {
  readonly rows: number;
  /** Tokens of this pass in each row, after `past` earlier ones. */
  readonly tokens: number;
  readonly past: number;
  readonly leftPadding?: readonly number[];
  /** 0 for filler, anything else for a token, [rows][tokens]. */
  readonly counted?: readonly ArrayLike<number>[] | undefined;
}

/** 1 for a token, 0 for filler, [B, T]; null where there is no filler. */
export function countedTokens({ rows, tokens, past, leftPadding, counted }: CountedOptions): Tensor | null {
  if (leftPadding === undefined && counted === undefined) return null;
  const values = hostArray(getDefaults().dtype, rows * tokens);
  let filler = 0;
  for (let row = 0; row < rows; row++) {
    for (let t = 0; t < tokens; t++) {
      const isFiller = past + t < (leftPadding?.[row] ?? 0) || counted?.[row]?.[t] === 0;
      values[row * tokens + t] = isFiller ? 0 : 1;
      if (isFiller) filler++;
    }
  }
  return filler === 0 ? null : fromArray(values, [rows, tokens]);
}
