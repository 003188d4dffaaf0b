/**
 * Log-likelihood of texts: what bits per byte, multiple choice and minimal pairs are made of.
 *
 *   log p(y | x) = sum over t >= from of log p(id_t | id_0 .. id_t-1)          in nats
 *
 * Sequences are read in batches of nearly one length, padded on the right, where nobody looks; a sequence's score does not depend on
 * its neighbours. Only the positions that are scored go through the output layer.
 */
import { turn } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { fromArray, noGrad, scope } from '../tensor/index.ts';

export interface Sequence {
  readonly ids: readonly number[];
  /** Ids from this place on are scored; at least 1, for the first id has nothing before it. */
  readonly from: number;
}

const BATCH = 16;

/** log p of every sequence, in the order given. None may be longer than the context and one. */
export async function logLikelihoods(
  model: CausalLM,
  sequences: readonly Sequence[],
  onProgress: (done: number) => void = () => {},
): Promise<number[]> {
  const order = [...sequences.keys()].sort((a, b) => sequences[a]!.ids.length - sequences[b]!.ids.length);
  const scores = new Array<number>(sequences.length).fill(0);
  for (let start = 0; start < order.length; start += BATCH) {
    const batch = order.slice(start, start + BATCH);
    const values = await batchScores(
      model,
      batch.map((i) => sequences[i]!),
    );
    for (const [row, i] of batch.entries()) scores[i] = values[row]!;
    onProgress(start + batch.length);
    await turn();
  }
  return scores;
}

async function batchScores(model: CausalLM, sequences: readonly Sequence[]): Promise<number[]> {
  const T = Math.max(...sequences.map(({ ids }) => ids.length)) - 1;
  const inputs = new Int32Array(sequences.length * T);
  const places: number[] = [];
  const targets: number[] = [];
  for (const [row, { ids, from }] of sequences.entries()) {
    inputs.set(ids.slice(0, -1), row * T);
    for (let t = from; t < ids.length; t++) {
      places.push(row * T + t - 1);
      targets.push(ids[t]!);
    }
  }
  const losses = scope(() =>
    noGrad(() => {
      const logits = model.logitsAt(
        fromArray(inputs, [sequences.length, T]),
        fromArray(Int32Array.from(places), [places.length]),
      );
      return logits.crossEntropy(fromArray(Int32Array.from(targets), [targets.length]), {
        reduction: 'none',
      });
    }),
  );
  const values = await losses.read();
  losses.dispose();
  const sums = new Array<number>(sequences.length).fill(0);
  for (const [i, place] of places.entries()) sums[Math.floor(place / T)]! -= values[i]!;
  return sums;
}
