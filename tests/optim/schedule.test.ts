/** The learning rate over the steps of a stage. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { learningRateAt, type Schedule } from '../../src/optim/schedule.ts';
import { allClose, Golden } from '../close.ts';

const golden = new Golden('optim');
const base: Schedule = { kind: 'cosine', learningRate: 0.01, warmup: 4, steps: 24, finalShare: 0.1 };
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

test('constant: the same warm-up, then no change', () => {
  const points = curve({ kind: 'constant' });
  assert.equal(points.slice(0, 4), curve().slice(0, 4));
  assert.ok(points.slice(4).every((rate) => rate === 0.01));
});

test('a stage shorter than its warm-up still gives finite rates', () => {
  const points = curve({ steps: 2, warmup: 4 }, 10);
  assert.ok(points.every((rate) => rate > 0 && rate <= 0.01));
  assert.ok(Number.isFinite(learningRateAt(4, { ...base, steps: 4 })));
});

test.run();
