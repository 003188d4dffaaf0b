/** Pictures of curves. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { panelSvg, shortNumber, thin } from '../../src/report/curves.ts';
import { panelsOf } from '../../src/report/panels.ts';
import { points } from './points.ts';

test('a picture is an SVG with named axes; constant and single values are drawn too', () => {
  for (const values of [[3, 2, 1], [5], [0, 0, 0]]) {
    const [panel] = panelsOf('sft', new Map([['loss', points(values)]]));
    const svg = panelSvg(panel!);
    assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    assert.match(svg, /nats per token/);
    assert.match(svg, /step →/);
    assert.not.match(svg, /NaN|undefined|Infinity/);
  }
});

test('a long curve is thinned without losing its spikes or its order', () => {
  const values = Array.from({ length: 10_000 }, (_, i) => Math.sin(i / 500));
  values[4321] = 99;
  values[8765] = -99;
  const kept = thin(points(values), 400);
  assert.ok(kept.length <= 400);
  assert.ok(kept.some(({ value }) => value === 99) && kept.some(({ value }) => value === -99));
  assert.ok(kept.every(({ step }, i) => i === 0 || step > kept[i - 1]!.step));
  assert.is(thin(points([1, 2, 3]), 400).length, 3);
});

test('short numbers', () => {
  assert.equal([0, 0.005, 0.000213, 1.23456, 12_345, 2_500_000, -0.5].map(shortNumber), [
    '0',
    '0.005',
    '2.13e-4',
    '1.235',
    '12.3k',
    '2.5M',
    '-0.5',
  ]);
});

test.run();
