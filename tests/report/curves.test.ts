/** Pictures of curves. */
import { parseHTML } from 'linkedom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { panelFigure, panelSvg, shortNumber, thin } from '../../src/report/curves.ts';
import type { Point } from '../../src/report/metrics-lines.ts';
import { panelsOf } from '../../src/report/panels.ts';
import { allClose } from '../all-close.ts';
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

/** Places that a picture draws at, by mark: those of lines from their paths, those of dots from their circles. */
function drawn(svg: string, mark: 'line' | 'dot') {
  const { document } = parseHTML(svg);
  return [...document.querySelectorAll(`g[aria-label="${mark}"]`)].map((group) => ({
    stroke: group.getAttribute('stroke'),
    fill: group.getAttribute('fill'),
    isDashed: group.hasAttribute('stroke-dasharray'),
    places:
      mark === 'dot'
        ? [...group.querySelectorAll('circle')].map((dot) =>
            ['cx', 'cy'].map((axis) => Number(dot.getAttribute(axis))),
          )
        : group
            .querySelector('path')!
            .getAttribute('d')!
            .slice(1)
            .split('L')
            .map((place) => place.split(',').map(Number)),
  }));
}

/** x grows with the step and y falls with the value, by one scale each: true of these places and of no others. */
function isScaleOf(places: readonly (readonly number[])[], curve: readonly Point[]): void {
  assert.is(places.length, curve.length);
  const scale = (axis: 0 | 1, of: (point: Point) => number) => {
    const [a, b] = [0, curve.length - 1];
    return (places[b]![axis]! - places[a]![axis]!) / (of(curve[b]!) - of(curve[a]!));
  };
  const [across, up] = [scale(0, ({ step }) => step), scale(1, ({ value }) => value)];
  assert.ok(across > 0 && up < 0);
  for (const [i, { step, value }] of curve.entries()) {
    const expected = [
      places[0]![0]! + across * (step - curve[0]!.step),
      places[0]![1]! + up * (value - curve[0]!.value),
    ];
    allClose(places[i]!, expected, { absolute: 0.01 });
  }
}

/** Three lines, the second of them held out, at steps and values that no other point has. */
const curves = new Map([
  ['chosenReward', points([3, 9, 5, 4])],
  ['heldOutChosenReward', points([7, 2, 8]).map(({ step, value }) => ({ step: 1.25 * step, value }))],
  ['rejectedReward', points([-1, 6, 1]).map(({ step, value }) => ({ step: 1.5 * step, value }))],
]);

test('x is the step and y the value, of every line and of the dots on it', () => {
  const [panel] = panelsOf('dpo', curves);
  const svg = panelSvg(panel!);
  for (const mark of ['line', 'dot'] as const)
    for (const [i, { places }] of drawn(svg, mark).entries()) isScaleOf(places, panel!.lines[i]!.points);
  assert.match(svg, />↑ reward</);
  assert.match(svg, />step →</);
});

test('a line and its name have one colour, a held-out one is dashed and hollow, no two are alike', () => {
  const [panel] = panelsOf('dpo', curves);
  const figure = panelFigure(panel!);
  const { document } = parseHTML(figure);
  const legend = [...document.querySelectorAll('.name')].map((name) => ({
    name: name.textContent,
    colour: name.querySelector('.mark')!.getAttribute('style'),
    isDashed: name.querySelector('.mark')!.classList.contains('dashed'),
  }));
  const lines = drawn(figure, 'line');
  const dots = drawn(figure, 'dot');
  const colours = [1, 2, 3].map((n) => `var(--series-${n})`);
  assert.equal(
    legend,
    ['chosen reward', 'chosen reward, held out', 'rejected reward'].map((name, i) => ({
      ...{ name, colour: `border-color:${colours[i]}`, isDashed: i === 1 },
    })),
  );
  assert.equal(
    lines.map(({ stroke, isDashed }) => [stroke, isDashed]),
    colours.map((colour, i) => [colour, i === 1]),
  );
  assert.equal(
    dots.map(({ stroke, fill }) => [stroke, fill]),
    colours.map((colour, i) => [colour, i === 1 ? 'var(--paper)' : colour]),
  );
});

test('one line needs no legend; two have one; many points are a line without dots; a sixth line starts over', () => {
  const legends = (names: readonly string[]) => {
    const panel = {
      title: 't',
      unit: 'u',
      lines: names.map((name) => ({ name, points: points([1, 2]), heldOut: false })),
    };
    return panelFigure(panel).match(/class="name"/g)?.length ?? 0;
  };
  assert.equal([legends(['a']), legends(['a', 'b'])], [0, 2]);
  const lengths = [16, 17].map((length) => {
    const values = Array.from({ length }, (_, i) => i * i);
    const panel = { title: 't', unit: 'u', lines: [{ name: 'a', points: points(values), heldOut: false }] };
    return drawn(panelSvg(panel), 'dot').length;
  });
  assert.equal(lengths, [1, 0]);
  const six = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({
    name,
    points: points([1, 2]),
    heldOut: false,
  }));
  assert.equal(
    drawn(panelSvg({ title: 't', unit: 'u', lines: six }), 'line').map(({ stroke }) => stroke),
    [1, 2, 3, 4, 5, 1].map((n) => `var(--series-${n})`),
  );
});

test('over another number than the step there are dots only, at that number', () => {
  const across = 'KL, nats per answer';
  const curve = [0.4, 0.1, 0.9].map((step, i) => ({ step, value: [5, 2, 3][i]! }));
  const svg = panelSvg({
    title: 't',
    unit: 'u',
    across,
    lines: [{ name: 'a', points: curve, heldOut: false }],
  });
  assert.equal(drawn(svg, 'line'), []);
  isScaleOf(drawn(svg, 'dot')[0]!.places, curve);
  assert.ok(svg.includes(`>${across} →<`));
});

test('thinning keeps the lowest and the highest of each stretch, in their order, whichever comes first', () => {
  const rising = points(Array.from({ length: 12 }, (_, i) => i));
  const falling = points(Array.from({ length: 12 }, (_, i) => -i));
  const flat = points(Array.from({ length: 12 }, () => 3));
  for (const curve of [rising, falling])
    assert.equal(
      thin(curve, 6).map(({ step }) => step),
      [1, 4, 5, 8, 9, 12],
    );
  assert.equal(
    thin(flat, 6).map(({ step }) => step),
    [1, 5, 9],
  );
  assert.equal(thin(rising, 12), rising, 'as many points as are allowed');
});

test('short numbers at the borders of their units', () => {
  assert.equal([999, 9999, 10_000, 999_999, 1_000_000, 0.001, 0.000999, -12_345, 1.00006].map(shortNumber), [
    ...['999', '9999', '10k', '1000k', '1M', '0.001', '9.99e-4', '-12.3k', '1'],
  ]);
});

test('the axis of steps begins at 0, not at the first step that was logged', () => {
  const curve = [40, 60, 100].map((step, i) => ({ step, value: [3, 1, 2][i]! }));
  const [line] = drawn(
    panelSvg({ title: 't', unit: 'u', lines: [{ name: 'a', points: curve, heldOut: false }] }),
    'line',
  );
  const [left, width] = [52, 300 - 52 - 14];
  allClose(
    line!.places.map(([x]) => x!),
    curve.map(({ step }) => left + (width * step) / 100),
    { absolute: 0.01 },
  );
});

test.run();
