/**
 * Timing on a noisy machine: medians, and candidates that take turns, so that a slow minute hits all of them.
 */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median milliseconds of each function over `runs` alternating calls, after three calls of each to warm up. */
export function milliseconds(runs: number, functions: readonly (() => unknown)[]): number[] {
  const times: number[][] = functions.map(() => []);
  for (let run = -3; run < runs; run++) {
    for (const [i, fn] of functions.entries()) {
      const began = performance.now();
      fn();
      if (run >= 0) times[i]!.push(performance.now() - began);
    }
  }
  return times.map(median);
}
