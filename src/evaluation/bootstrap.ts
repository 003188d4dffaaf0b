/**
 * The bootstrap: how a statistic would vary if other questions had been drawn, from the questions at hand (Efron 1979).
 *
 *   draw n of n items with replacement, compute the statistic, many times; 95 % interval = 2.5th to 97.5th percentile
 *
 * Paired: where two models answer the same questions an item is the *pair* of results. What makes a question easy for both then
 * cancels out, and the interval of the difference is narrower than two intervals side by side suggest. Seeded: the same interval
 * every time.
 */
import { Random } from '../tensor/index.ts';
import type { Estimate } from './intervals.ts';

const RESAMPLES = 2000;

export interface BootstrapOptions<Item> {
  /** May be NaN for a sample that says nothing (no decided comparison): such samples are not counted. */
  readonly statistic: (items: readonly Item[]) => number;
  readonly resamples?: number;
  readonly seed?: number;
}

export function bootstrap<Item>(
  items: readonly Item[],
  { statistic, resamples = RESAMPLES, seed = 1 }: BootstrapOptions<Item>,
): Estimate {
  const n = items.length;
  const value = n === 0 ? Number.NaN : statistic(items);
  if (Number.isNaN(value)) return { value: 0, low: 0, high: 1, n };
  const random = new Random(seed);
  const sample = [...items];
  const values: number[] = [];
  for (let round = 0; round < resamples; round++) {
    for (let i = 0; i < n; i++) sample[i] = items[random.int(n)]!;
    const drawn = statistic(sample);
    if (!Number.isNaN(drawn)) values.push(drawn);
  }
  values.sort((a, b) => a - b);
  return { value, low: percentile(values, 0.025), high: percentile(values, 0.975), n };
}

/** Mean of numbers with its bootstrap interval. */
export function bootstrapMean(values: readonly number[], seed?: number): Estimate {
  return bootstrap(values, { statistic: mean, ...(seed === undefined ? {} : { seed }) });
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percentile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return below + (above - below) * (place - Math.floor(place));
}
