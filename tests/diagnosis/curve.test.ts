/** Curves by share of the steps, the statistics of a text, and the marks of a stage. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { GRID, headOf, medianOf, resample, tailOf } from '../../src/diagnosis/curve.ts';
import { allClose } from '../close.ts';

const line = (steps: number, every: number) =>
  Array.from({ length: Math.floor(steps / every) }, (_, i) => ({
    step: (i + 1) * every,
    value: 2 * (i + 1) * every,
  }));

test('a straight line stays one, whatever its length and spacing; means over the neighbourhood', () => {
  for (const [steps, every] of [
    [1000, 10],
    [100, 1],
    [970, 10],
  ] as const) {
    const values = resample(line(steps, every), steps);
    assert.is(values.length, GRID);
    const expected = values.map((_, i) => (2 * steps * i) / (GRID - 1));
    allClose(values.slice(1, -1) as number[], expected.slice(1, -1), { absolute: 0.03 * 2 * steps });
  }
  const jumping = Array.from({ length: 1000 }, (_, i) => ({ step: i + 1, value: i % 2 }));
  allClose(resample(jumping, 1000).slice(1, -1) as number[], Array(GRID - 2).fill(0.5), { absolute: 0.03 });
});

test('between few points it is a straight line, before the first constant, after the last nothing', () => {
  const few = [
    { step: 25, value: 1 },
    { step: 75, value: 3 },
  ];
  const values = resample(few, 100);
  assert.equal([values[0], values[6], values[12]], [1, 1, 2]);
  assert.is(values[18], 3);
  assert.equal(
    values.slice(19).map((value) => value),
    Array(6).fill(null),
  );
  assert.equal(resample([], 10), Array(GRID).fill(null));
});

test('head, tail and median', () => {
  const points = [5, 1, 1, 1, 1, 1, 1, 1, 2, 4].map((value, i) => ({ step: i + 1, value }));
  assert.equal([headOf(points), tailOf(points), tailOf(points, 0.2)], [5, 4, 3]);
  assert.equal([medianOf([3, 1, 2]), medianOf([4, 1, 2, 3])], [2, 2.5]);
});

test.run();
