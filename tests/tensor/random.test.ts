/**
 * Seeded random numbers: the same on every machine. The expected draws come from an independent implementation (Python, from the
 * published C code of xoshiro128** and splitmix32).
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random, randn, tensor, uniform } from '../../src/tensor/index.ts';
import { throwsWith } from './fixtures.ts';

const draws = <T>(n: number, next: () => T): T[] => Array.from({ length: n }, next);

test('xoshiro128** from the state 1, 2, 3, 4', () => {
  const random = new Random([1, 2, 3, 4]);
  assert.equal(
    draws(10, () => random.uint32()),
    [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804],
  );
});

test('seeds are expanded by splitmix32', () => {
  const expected: [seed: number, state: number[], first: number[]][] = [
    [0, [1684164658, 3653269916, 2939563536, 2141751570], [1789933344, 44971166, 2521387044, 3848737593]],
    [42, [551831576, 144025891, 322543647, 3034809370], [660444221, 3652823732, 77672526, 910233633]],
    [
      2 ** 53 - 1,
      [1809279139, 574998302, 858213399, 3712120434],
      [570435069, 4236407490, 3801046872, 3398818070],
    ],
  ];
  for (const [seed, state, first] of expected) {
    const random = new Random(seed);
    assert.equal(random.state(), state);
    assert.equal(
      draws(4, () => random.uint32()),
      first,
    );
  }
});

test('the other draws, fixed for good', () => {
  const random = new Random(42);
  assert.is(random.float(), 660444221 / 2 ** 32);
  assert.is(random.int(10), 3652823732 % 10);
  const uniforms = new Random(42);
  const sum = draws(12, () => uniforms.float()).reduce((a, b) => a + b, -6);
  assert.is(new Random(42).normal(), sum);
});

/** A generator whose next draw is `wanted`: the output function of xoshiro128** turned round (5 and 9 have inverses mod 2^32). */
function drawing(wanted: number): Random {
  const rotated = Math.imul(wanted, 0x38e38e39); // / 9
  const b = Math.imul((rotated >>> 7) | (rotated << 25), 0xcccccccd); // / 5
  return new Random([1, b >>> 0, 3, 4]);
}

test('int at the very limit: the last draw that counts, and the first that is thrown away', () => {
  for (const n of [3, 10, 2 ** 31 + 1, 3 * 2 ** 30]) {
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (const wanted of [0, 7, limit - 1, limit, 2 ** 32 - 1]) {
      assert.is(drawing(wanted).uint32(), wanted);
      const [own, raw] = [drawing(wanted), drawing(wanted)];
      let draw = raw.uint32();
      while (draw >= limit) draw = raw.uint32();
      assert.is(own.int(n), draw % n, `${wanted} of ${n}`);
      assert.equal(own.state(), raw.state(), `${wanted} of ${n}`);
    }
  }
});

test('shuffle is Fisher and Yates, from the end, with the draws of int; pick is one draw of int', () => {
  for (const n of [0, 1, 2, 3, 8, 50]) {
    const items = Array.from({ length: n }, (_, i) => i);
    const random = new Random(7);
    const expected = [...items];
    for (let i = n - 1; i >= 1; i--) {
      const j = random.int(i + 1);
      [expected[i], expected[j]] = [expected[j]!, expected[i]!];
    }
    const own = new Random(7);
    assert.equal(own.shuffle([...items]), expected);
    assert.equal(own.state(), random.state(), 'and no draw more');
    assert.equal([...new Random(7).shuffle(Uint32Array.from(items))], expected);
    if (n === 0) continue;
    const [a, b] = [new Random(9), new Random(9)];
    for (let i = 0; i < 20; i++) assert.is(a.pick(items), items[b.int(n)]);
    assert.equal(a.state(), b.state());
  }
});

test('int throws away what lies above the last whole multiple of n, and nothing else', () => {
  for (const n of [1, 2, 3, 10, 1000, 2 ** 31, 2 ** 31 + 1, 3 * 2 ** 30, 2 ** 32 - 1, 2 ** 32]) {
    const [own, raw] = [new Random(5), new Random(5)];
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (let i = 0; i < 200; i++) {
      let draw = raw.uint32();
      while (draw >= limit) draw = raw.uint32();
      assert.is(own.int(n), draw % n, `${n}`);
    }
    assert.equal(own.state(), raw.state(), `${n}`);
  }
});

test('a saved state goes on with the same draws', () => {
  const random = new Random(9);
  draws(100, () => random.normal());
  const state = random.state();
  const stored = JSON.parse(JSON.stringify(state)) as typeof state;
  const expected = draws(50, () => random.uint32());
  const resumed = new Random(stored);
  assert.equal(
    draws(50, () => resumed.uint32()),
    expected,
  );
  random.restore(state);
  assert.equal(
    draws(50, () => random.uint32()),
    expected,
  );
  assert.ok(state.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32));
});

test('neighbouring seeds give unrelated streams', () => {
  const first = new Set(draws(1000, (): number => 0).map((_, seed) => new Random(seed).uint32()));
  assert.is(first.size, 1000);
  const [a, b] = [new Random(100), new Random(101)];
  const n = 4000;
  const correlation = draws(n, () => (a.float() - 0.5) * (b.float() - 0.5)).reduce((x, y) => x + y) / n;
  assert.ok(Math.abs(correlation) < 5 / 12 / Math.sqrt(n));
});

test('int stays within its bounds and is not biased', () => {
  const random = new Random(3);
  assert.equal(new Set(draws(200, () => random.int(1))), new Set([0]));
  for (const n of [2, 6, 10, 257]) {
    const counts = new Array<number>(n).fill(0);
    const total = 200 * n;
    for (let i = 0; i < total; i++) counts[random.int(n)]!++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    // Mean n - 1, standard deviation sqrt(2 (n - 1)): six of them on either side.
    assert.ok(Math.abs(chiSquare - (n - 1)) < 6 * Math.sqrt(2 * (n - 1)), `${n}: chi-square ${chiSquare}`);
  }
  // 3 * 2^30: without throwing draws away, the lowest third would come up half the time.
  const low = draws(6000, () => random.int(3 * 2 ** 30)).filter((draw) => draw < 2 ** 30).length;
  assert.ok(Math.abs(low - 2000) < 6 * Math.sqrt((6000 * 2) / 9), `${low} of 6000`);
  const whole = draws(100, () => random.int(2 ** 32));
  assert.ok(whole.every((draw) => draw >= 0 && draw < 2 ** 32) && whole.some((draw) => draw >= 2 ** 31));
  for (const n of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1])
    throwsWith(() => random.int(n), 'Random.int', `${n}`);
});

test('float lies in [0, 1) with the right mean and variance; normal in [-6, 6] with mean 0 and variance 1', () => {
  const random = new Random(11);
  const n = 20_000;
  const moments = (values: number[]) => {
    const mean = values.reduce((a, b) => a + b) / n;
    return [mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / n] as const;
  };
  const floats = draws(n, () => random.float());
  assert.ok(floats.every((value) => value >= 0 && value < 1));
  const [mean, variance] = moments(floats);
  assert.ok(Math.abs(mean - 0.5) < 0.012 && Math.abs(variance - 1 / 12) < 0.004);
  const normals = draws(n, () => random.normal());
  assert.ok(normals.every((value) => Math.abs(value) <= 6));
  const [normalMean, normalVariance] = moments(normals);
  assert.ok(Math.abs(normalMean) < 0.035 && Math.abs(normalVariance - 1) < 0.05);
  const within = normals.filter((value) => Math.abs(value) < 1).length / n;
  assert.ok(Math.abs(within - 0.6827) < 0.02, `${within} within one standard deviation`);
});

test('shuffle is a permutation and every order is as likely', () => {
  const random = new Random(5);
  const items = draws(100, (): number => 0).map((_, i) => i);
  const shuffled = random.shuffle([...items]);
  assert.not.equal(shuffled, items);
  assert.equal(
    [...shuffled].sort((a, b) => a - b),
    items,
  );
  const orders = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = random.shuffle([1, 2, 3]).join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assert.is(orders.size, 6);
  for (const count of orders.values()) assert.ok(Math.abs(count - 1000) < 6 * Math.sqrt(1000));
  const typed = Uint32Array.of(5, 6, 7);
  assert.is(random.shuffle(typed), typed);
  assert.equal([...typed].sort(), [5, 6, 7]);
  assert.equal(random.shuffle([]), []);
});

test('pick takes every item', () => {
  const random = new Random(6);
  assert.equal([...new Set(draws(100, () => random.pick(['a', 'b', 'c'])))].sort(), ['a', 'b', 'c']);
  throwsWith(() => random.pick([]), 'Random.pick', 'nothing');
});

test('what is not a seed is refused', () => {
  for (const seed of [-1, 0.5, Number.NaN, Infinity, 2 ** 53]) {
    throwsWith(() => new Random(seed), 'seed', `${seed}`);
  }
});

test('a state of zeros, from which only zeros would come, is refused', () => {
  throwsWith(() => new Random([0, 0, 0, 0]), 'Random', 'zero');
  throwsWith(() => new Random(1).restore([0, 0, 0, 0]), 'Random', 'zero');
  assert.is(new Random([0, 0, 0, 1]).state()[3], 1);
});

test('randn and uniform draw in row-major order from the generator they are given', () => {
  const random = new Random(8);
  const expected = draws(6, () => Math.fround(3 + 2 * random.normal()));
  assert.equal([...randn([2, 3], new Random(8), { mean: 3, std: 2 }).toArray()], expected);
  const x = uniform([1000], new Random(8), { low: -2, high: 5, dtype: 'float64' });
  assert.ok(x.toArray().every((value) => value >= -2 && value < 5));
  assert.ok(x.min().item() < -1.9 && x.max().item() > 4.9);
  assert.equal([...uniform([0], new Random(8)).toArray()], [...tensor([]).toArray()]);
});

test.run();
