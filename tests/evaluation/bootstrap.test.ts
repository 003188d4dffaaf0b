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

test('the interval is the 2.5th to 97.5th percentile of the drawn samples, whatever is drawn; NaN is not counted', () => {
  const wins = (signs: readonly number[]) => signs.filter((sign) => sign > 0).length;
  const share = (signs: readonly number[]) => wins(signs) / signs.filter((sign) => sign !== 0).length; // may be 0 / 0
  const roots = Array.from({ length: 30 }, (_, i) => Math.sqrt(i));
  for (const { items, statistic } of [
    { items: [1, -1, 0, 0, 0, 1, 0], statistic: share },
    { items: roots, statistic: mean },
  ])
    for (const seed of [1, 2, 3]) {
      const random = new Random(seed);
      const drawn = Array.from({ length: 401 }, () =>
        statistic(items.map(() => items[random.int(items.length)]!)),
      );
      const sorted = drawn.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
      assert.is(sorted.length < drawn.length, statistic === share, 'control: some samples decide nothing');
      const at = (part: number) => {
        const place = part * (sorted.length - 1);
        const [below, rest] = [Math.trunc(place), place % 1];
        return rest === 0 ? sorted[below]! : (1 - rest) * sorted[below]! + rest * sorted[below + 1]!;
      };
      const { value, low, high, n } = bootstrap(items, { statistic, resamples: 401, seed });
      assert.equal([value, n], [statistic(items), items.length]);
      allClose([low, high], [at(0.025), at(0.975)], { absolute: 1e-12 });
    }
  const won = bootstrap([1, 0, 0, 0], { statistic: share }); // every sample that decides anything says 1
  assert.equal([won.value, won.low, won.high], [1, 1, 1]);
  assert.not.equal(bootstrapMean(roots, 1), bootstrapMean(roots, 2), 'another seed, another interval');
  assert.equal(bootstrapMean(roots), bootstrapMean(roots, 1));
});

test.run();
