/**
 * The next token of each row of logits [B, V], and its log-probability: the most likely one, or a draw.
 *
 *   p = softmax(logits)        a draw is the token into which u in [0, 1) falls when the probabilities are laid end to end
 *
 * Draws are whole numbers u 2^32, as a random stream gives them. A backend may have a kernel for this, so that no logits leave it
 * (the plain loops below took a quarter of the time of a rollout); they are what it is held to.
 */
import { checkFinite } from '../models/finite.ts';
import {
  fromArray,
  fusedFor,
  fusedNextTokens,
  noGrad,
  type Random,
  scope,
  type Tensor,
} from '../tensor/index.ts';
import type { Logits } from './processors.ts';
import { indexOfMax } from './sampler.ts';

export interface NextTokens {
  readonly ids: ArrayLike<number>;
  readonly logProbs: ArrayLike<number>;
}

/** The most likely token of each row; with `streams`, one for each row, a draw. A FaultError where logits are not finite. */
export async function nextTokens(
  logits: Tensor,
  streams: readonly Random[] | null = null,
): Promise<NextTokens> {
  const draws = streams && Int32Array.from(streams, (stream) => stream.uint32());
  const kernel = fusedFor(logits)?.nextTokens;
  if (kernel === undefined) return plainNextTokens((await logits.read()) as Logits, logits.shape, draws);
  const next = scope(() =>
    noGrad(() => {
      const given = draws && fromArray(draws, [draws.length], { backend: logits.backend });
      return fusedNextTokens(kernel, logits, given);
    }),
  );
  const [ids, logProbs] = [await next.ids.read(), await next.logProbs.read()];
  next.ids.dispose();
  next.logProbs.dispose();
  if (logProbs.some(Number.isNaN)) checkFinite(await logits.read(), 'logits');
  return { ids, logProbs };
}

/** Of rows on the host; `draws` are read as unsigned. */
export function plainNextTokens(
  logits: Logits,
  shape: readonly number[],
  draws: Int32Array | null,
): NextTokens {
  checkFinite(logits, 'logits');
  const [rows, V] = shape as [number, number];
  const weights = new Float64Array(V);
  const [ids, logProbs] = [new Int32Array(rows), new Float64Array(rows)];
  for (let row = 0; row < rows; row++) {
    const own = logits.subarray(row * V, (row + 1) * V) as Logits;
    const { next, logProb } = nextOf(own, weights, draws && (draws[row]! >>> 0) / 2 ** 32);
    ids[row] = next;
    logProbs[row] = logProb;
  }
  return { ids, logProbs };
}

/** Of one row; `weights` is scratch space. */
function nextOf(logits: Logits, weights: Float64Array, u: number | null): { next: number; logProb: number } {
  const most = indexOfMax(logits);
  const max = logits[most]!;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    weights[i] = Math.exp(logits[i]! - max);
    sum += weights[i]!;
  }
  let next = most;
  let below = 0;
  for (let i = 0; u !== null && i < logits.length; i++) {
    if (weights[i] === 0) continue;
    next = i; // the last possible one, should rounding leave the sum short of u
    below += weights[i]!;
    if (u * sum < below) break;
  }
  return { next, logProb: logits[next]! - max - Math.log(sum) };
}
