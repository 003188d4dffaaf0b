/** Wilson's interval and the ratio of sums, against known values and by hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ratio, wilson } from '../../src/evaluation/intervals.ts';
import { allClose } from '../close.ts';

test('Wilson: known values', () => {
  // successes, n, low, high (R: binom::binom.wilson)
  const known: [number, number, number, number][] = [
    [8, 10, 0.4901625, 0.9433178],
    [0, 10, 0, 0.2775328],
    [10, 10, 0.7224672, 1],
    [1, 2, 0.0945312, 0.9054688],
    [50, 100, 0.4038315, 0.5961685],
  ];
  for (const [successes, n, low, high] of known) {
    const estimate = wilson(successes, n);
    assert.is(estimate.value, successes / n);
    assert.is(estimate.n, n);
    allClose([estimate.low, estimate.high], [low, high], { absolute: 1e-6 });
  }
});

test('Wilson: within [0, 1], around the value, narrower with more questions, everything open with none', () => {
  for (let n = 1; n < 40; n++) {
    for (let k = 0; k <= n; k++) {
      const { value, low, high } = wilson(k, n);
      assert.ok(0 <= low && low <= value + 1e-12 && value <= high + 1e-12 && high <= 1, `${k}/${n}`);
    }
  }
  const width = (k: number, n: number) => wilson(k, n).high - wilson(k, n).low;
  assert.ok(width(100, 200) < width(10, 20));
  assert.equal(wilson(0, 0), { value: 0, low: 0, high: 1, n: 0 });
});

test('ratio of sums: value and interval by hand', () => {
  const pairs = [
    { y: 2, x: 1 },
    { y: 3, x: 2 },
    { y: 7, x: 3 },
  ];
  const { value, low, high, n } = ratio(pairs);
  assert.equal([value, n], [2, 3]);
  const half = (1.959963984540054 * Math.sqrt(((0 + 1 + 1) * 3) / 2)) / 6;
  allClose([low, high], [2 - half, 2 + half]);
  const single = ratio([{ y: 3, x: 2 }]);
  assert.equal([single.value, single.low, single.high], [1.5, 1.5, 1.5]);
  const proportional = ratio([1, 2, 5].map((x) => ({ x, y: 3 * x })));
  allClose([proportional.low, proportional.high], [3, 3]);
});

test('Wilson at the ends: of one question, of none right, of all right', () => {
  for (const n of [1, 2, 7, 1000]) {
    const z = 1.959963984540054 ** 2;
    const [none, all] = [wilson(0, n), wilson(n, n)];
    allClose([none.low, none.high], [0, z / (n + z)], { absolute: 1e-12 });
    allClose([all.low, all.high], [n / (n + z), 1], { absolute: 1e-12 });
    assert.ok(none.low >= 0 && all.high <= 1);
    assert.equal([none.value, all.value, none.n], [0, 1, n]);
  }
  assert.ok(wilson(1, 1).low < 0.25, 'one right answer proves little');
});

test('ratio: two documents have an interval, one has none', () => {
  const pairs = [
    { y: 1, x: 1 },
    { y: 5, x: 2 },
  ];
  const half = (1.959963984540054 * Math.sqrt((1 + 1) * 2)) / 3; // R = 2, residuals -1 and 1, n / (n - 1) = 2
  const { value, low, high } = ratio(pairs);
  allClose([value, low, high], [2, 2 - half, 2 + half]);
});

test.run();
