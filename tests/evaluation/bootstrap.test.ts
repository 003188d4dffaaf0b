/** Bootstrap intervals: how often they hold the truth, beside Wilson's, and of nothing. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bootstrap, bootstrapMean, mean } from '../../src/evaluation/bootstrap.ts';
import { wilson } from '../../src/evaluation/intervals.ts';
import { Random } from '../../src/tensor/random.ts';
import { allClose } from '../close.ts';

/** How often an interval made from n coins contains the true share. */
function coverage(interval: (coins: number[], seed: number) => { low: number; high: number }): number {
  const random = new Random(11);
  const [rounds, n, p] = [300, 80, 0.7];
  let covered = 0;
  for (let round = 0; round < rounds; round++) {
    const coins = Array.from({ length: n }, () => (random.float() < p ? 1 : 0));
    const { low, high } = interval(coins, round);
    if (low <= p && p <= high) covered++;
  }
  return covered / rounds;
}

test('the bootstrap interval covers the truth in about 95 of 100 samples; half of it does not', () => {
  const of = (coins: number[], seed: number) => bootstrap(coins, { statistic: mean, resamples: 400, seed });
  const covered = coverage(of);
  assert.ok(covered > 0.9 && covered < 0.985, `${covered}`);
  const halved = coverage((coins, seed) => {
    const { value, low, high } = of(coins, seed);
    return { low: (value + low) / 2, high: (value + high) / 2 };
  });
  assert.ok(halved < 0.8, `${halved}`);
});

test('the bootstrap agrees with Wilson in the middle, is seeded, and says nothing of nothing', () => {
  const coins = Array.from({ length: 200 }, (_, i) => i % 2);
  const [ours, theirs] = [bootstrapMean(coins), wilson(100, 200)];
  allClose([ours.low, ours.high], [theirs.low, theirs.high], { absolute: 0.01 });
  assert.equal(bootstrapMean(coins, 5), bootstrapMean(coins, 5));
  assert.equal(bootstrapMean([]), { value: 0, low: 0, high: 1, n: 0 });
  assert.equal(bootstrapMean([3, 3]), { value: 3, low: 3, high: 3, n: 2 });
});

test.run();
