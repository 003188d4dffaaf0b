import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bars } from '../../src/report/markdown.ts';
import { points } from './points.ts';

test('bars from the lowest value to the highest, at most 24', () => {
  assert.is(bars(points([1, 2, 3, 8])), '▁▂▃█');
  assert.is(bars(points([2, 2])), '▄▄');
  assert.is([...bars(points(Array.from({ length: 1000 }, (_, i) => i)))].length, 24);
});

test.run();
