/** The learning rate over the steps of a stage. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { learningRateAt, type Schedule } from '../../src/optim/schedule.ts';
import { allClose, Golden } from '../close.ts';

const golden = new Golden('optim');
const base: Schedule = {
  kind: 'cosine',
  learningRate: 0.01,
  warmup: 4,
  steps: 24,
  finalShare: 0.1,
  cooldown: 0.25,
};
const curve = (changes: Partial<Schedule> = {}, length = 24) => {
  return Array.from({ length }, (_, step) => learningRateAt(step, { ...base, ...changes }));
};

test('the golden points', () => {
  const name = 'schedule.from-first.min';
  const [steps, warmup, finalShare] = ['total', 'warmup', 'min_ratio'].map((key) =>
    golden.number(`${name}/${key}`),
  );
  const points = curve({ steps: steps!, warmup: warmup!, finalShare: finalShare!, learningRate: 1 }, steps);
  allClose(points, golden.values(`${name}/factor`), { absolute: 1e-12, relative: 1e-12 });
});

test('after the warm-up it is the schedule of Transformers', () => {
  const name = 'schedule.from-zero';
  const points = curve({ steps: 20, warmup: 4, finalShare: 0, learningRate: 1 }, 20);
  allClose(points.slice(4), Array.from(golden.values(`${name}/factor`)).slice(4), { absolute: 1e-12 });
});

test('warm-up: equal steps up to the full rate, the first one above zero', () => {
  allClose(curve().slice(0, 5), [0.0025, 0.005, 0.0075, 0.01, 0.01], { absolute: 1e-15 });
  assert.is(learningRateAt(0, { ...base, warmup: 0 }), 0.01);
});

test('cosine: falls without a break, half way at the mean, to the final share', () => {
  const points = curve().slice(4);
  for (const [i, rate] of points.slice(1).entries()) assert.ok(rate < points[i]!, `step ${i + 5}`);
  allClose([learningRateAt(14, base)], [0.01 * (0.1 + 0.9 / 2)], { absolute: 1e-15 });
  allClose([learningRateAt(24, base), learningRateAt(1000, base)], [0.001, 0.001], { absolute: 1e-15 });
  allClose([learningRateAt(24, { ...base, finalShare: 0 })], [0], { absolute: 1e-15 });
  allClose(curve({ finalShare: 1 }).slice(4), new Array<number>(20).fill(0.01), { absolute: 1e-15 });
});

test('the ends, for two values of each setting: first step, last of the warm-up, the top, the middle, the last, beyond', () => {
  for (const warmup of [0, 1, 5]) {
    for (const steps of [11, 40]) {
      for (const finalShare of [0, 0.25]) {
        for (const learningRate of [1e-3, 2]) {
          const schedule: Schedule = { kind: 'cosine', learningRate, warmup, steps, finalShare, cooldown: 0 };
          const at = (step: number) => learningRateAt(step, schedule) / learningRate;
          const exact = { absolute: 1e-14 };
          if (warmup > 0) {
            allClose([at(0), at(warmup - 1)], [1 / warmup, 1], exact);
            allClose([at(warmup - 1)], [at(warmup)], exact, 'no jump from the warm-up to the top');
          }
          allClose(
            [at(warmup), at(steps), at(steps + 1), at(10 * steps)],
            [1, finalShare, finalShare, finalShare],
            exact,
          );
          // Symmetric about the middle, where it is half way: what one step is above, its mirror image is below.
          for (let s = warmup; s <= steps; s++)
            allClose([at(s) + at(steps + warmup - s)], [1 + finalShare], exact);
          assert.ok(at(steps - 1) > finalShare, 'the last update is not yet at the end');
          const quarter = warmup + (steps - warmup) / 4;
          allClose([at(quarter)], [finalShare + (1 - finalShare) * 0.5 * (1 + Math.SQRT1_2)], exact);
        }
      }
    }
  }
});

test('constant: the same warm-up, then no change', () => {
  const points = curve({ kind: 'constant' });
  assert.equal(points.slice(0, 4), curve().slice(0, 4));
  assert.ok(points.slice(4).every((rate) => rate === 0.01));
});

test('cooldown: constant until a share of the steps is left, then in a straight line to the end', () => {
  const points = curve({ kind: 'cooldown', cooldown: 0.25 }); // 24 steps, 4 of warm-up, 6 of cooldown
  assert.equal(points.slice(0, 4), curve().slice(0, 4));
  assert.ok(points.slice(4, 19).every((rate) => rate === 0.01));
  const falling = [1, 2, 3, 4, 5].map((n) => 0.01 * (1 - (0.9 * n) / 6));
  allClose(points.slice(19), falling, { absolute: 1e-15 });
  allClose([learningRateAt(24, { ...base, kind: 'cooldown', cooldown: 0.25 })], [0.001], { absolute: 1e-15 });
});

test('a cooldown of nothing is constant, one of everything begins when the warm-up has ended', () => {
  assert.equal(curve({ kind: 'cooldown', cooldown: 0 }), curve({ kind: 'constant' }));
  const points = curve({ kind: 'cooldown', cooldown: 1, finalShare: 0 });
  assert.is(Math.max(...points), 0.01);
  assert.is(points[4], 0.01);
  allClose([points[14]!], [0.005], { absolute: 1e-15 });
});

test('a stage shorter than its warm-up still gives finite rates', () => {
  const points = curve({ steps: 2, warmup: 4 }, 10);
  assert.ok(points.every((rate) => rate > 0 && rate <= 0.01));
  assert.ok(Number.isFinite(learningRateAt(4, { ...base, steps: 4 })));
});

test.run();
