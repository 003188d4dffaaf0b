/**
 * Timing on a noisy machine: medians, and candidates that take turns, so that a slow minute hits all of them.
 *
 *   rounds   every candidate runs once a round, long enough to be measured (short ones are repeated)
 *   value    median over the rounds
 *   ratio    median of the ratios within each round, never the ratio of two medians from different minutes
 */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Plan {
  readonly rounds: number;
  /** Calls of each candidate before the first round (the compiler of the engine needs some). */
  readonly warmup?: number;
  /** A candidate that takes less is repeated until a measurement takes as long. */
  readonly leastMs?: number;
}

/** Milliseconds of one call of each candidate: `times[candidate][round]`. */
export function alternate(
  { rounds, warmup = 3, leastMs = 2 }: Plan,
  candidates: readonly (() => unknown)[],
): number[][] {
  const repeats = candidates.map((fn) => {
    let shortest = Infinity;
    for (let call = 0; call < Math.max(1, warmup); call++) shortest = Math.min(shortest, timed(fn, 1));
    return Math.min(10_000, Math.max(1, Math.ceil(leastMs / Math.max(shortest, 1e-4))));
  });
  const times: number[][] = candidates.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, fn] of candidates.entries()) times[i]!.push(timed(fn, repeats[i]!));
  }
  return times;
}

function timed(fn: () => unknown, repeats: number): number {
  const began = performance.now();
  for (let i = 0; i < repeats; i++) fn();
  return (performance.now() - began) / repeats;
}

/** How many times faster than `other`: median over the rounds. */
export function faster(times: readonly number[], other: readonly number[]): number {
  return median(times.map((time, round) => other[round]! / time));
}
