/**
 * 95 % intervals: how far a measured value may be from the true one by the luck of the sample.
 *
 *   share of successes   Wilson's score interval (1927): sensible at 0 %, at 100 % and for few questions, unlike p +- 1.96 se
 *   ratio of sums        R = sum y / sum x over n documents, R +- 1.96 se with se^2 = sum (y - R x)^2 n / ((n - 1) (sum x)^2)
 */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Number of questions or documents. */
  readonly n: number;
  /** What guessing would give. */
  readonly chance?: number;
}

/** Task -> what was measured. */
export type Results = Record<string, Estimate>;

const Z = 1.959963984540054;

export function wilson(successes: number, n: number): Estimate {
  if (n === 0) return { value: 0, low: 0, high: 1, n };
  const p = successes / n;
  const center = (p + (Z * Z) / (2 * n)) / (1 + (Z * Z) / n);
  const half = (Z / (1 + (Z * Z) / n)) * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n));
  return { value: p, low: Math.max(0, center - half), high: Math.min(1, center + half), n };
}

export function ratio(pairs: readonly { readonly y: number; readonly x: number }[]): Estimate {
  const n = pairs.length;
  const [sumY, sumX] = [pairs.reduce((s, p) => s + p.y, 0), pairs.reduce((s, p) => s + p.x, 0)];
  const value = sumY / sumX;
  const squares = pairs.reduce((s, { x, y }) => s + (y - value * x) ** 2, 0);
  const half = n > 1 ? (Z * Math.sqrt((squares * n) / (n - 1))) / sumX : 0;
  return { value, low: value - half, high: value + half, n };
}
