/**
 * A panel as a picture: value over step. Colour and, for held-out numbers, dashes tell the lines apart; their names stand above.
 */
import * as Plot from '@observablehq/plot';
import { escapeHtml } from './escape.ts';
import type { Point } from './metrics-lines.ts';
import type { Panel } from './panels.ts';
import { svgOf } from './svg.ts';

const WIDTH = 300;
const HEIGHT = 190;
const MAX_POINTS = 400;
/** A curve of few points shows them: between two of them nothing was measured. */
const FEW_POINTS = 16;

export function panelFigure(panel: Panel): string {
  const names = panel.lines.map(({ name, heldOut }, i) => {
    const mark = `<span class="mark${heldOut ? ' dashed' : ''}" style="border-color:${colourOf(i)}"></span>`;
    return `<span class="name">${mark}${escapeHtml(name)}</span>`;
  });
  const legend = panel.lines.length > 1 ? `<span class="legend">${names.join(' ')}</span>` : '';
  return `<figure class="panel"><figcaption>${escapeHtml(panel.title)}${legend}</figcaption>${panelSvg(panel)}</figure>`;
}

export function panelSvg(panel: Panel): string {
  const { across } = panel;
  const marks = panel.lines.flatMap(({ points, heldOut }, i) => {
    const thinned = thin(points, MAX_POINTS);
    const stroke = colourOf(i);
    // Neighbours along a number other than the step are not neighbours in time: points only.
    if (across !== undefined)
      return [Plot.dot(points, { x: 'step', y: 'value', stroke, strokeOpacity: 0.7, r: 2 })];
    const line = Plot.line(thinned, {
      x: 'step',
      y: 'value',
      stroke,
      strokeWidth: 1.6,
      ...(heldOut ? { strokeDasharray: '5 3' } : {}),
    });
    if (points.length > FEW_POINTS) return [line];
    return [
      line,
      Plot.dot(thinned, { x: 'step', y: 'value', stroke, fill: heldOut ? 'var(--paper)' : stroke, r: 2.4 }),
    ];
  });
  const names = panel.lines.map(({ name }) => name).join(', ');
  const steps = panel.lines.flatMap(({ points }) => points.map(({ step }) => step));
  const [lowest, highest] = [steps.reduce((a, b) => Math.min(a, b)), steps.reduce((a, b) => Math.max(a, b))];
  return svgOf(`${panel.title}: ${names} over ${across ?? 'training steps'}`, {
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 52,
    marginRight: 14,
    marginTop: 22,
    style: { fontSize: '11px' },
    x: {
      label: `${across ?? 'step'} →`,
      ticks: 4,
      domain: [Math.min(0, lowest), highest],
      tickFormat: shortNumber,
    },
    y: { label: `↑ ${panel.unit}`, ticks: 5, grid: true, nice: true, tickFormat: shortNumber },
    marks,
  });
}

/** A colour each: a held-out line in the colour of its twin would drown in the noise of training. */
function colourOf(index: number): string {
  return `var(--series-${(index % 5) + 1})`;
}

/** At most about `limit` points: the lowest and the highest of each stretch, so that no spike is lost. */
export function thin(points: readonly Point[], limit: number): readonly Point[] {
  if (points.length <= limit) return points;
  const stretches = Math.floor(limit / 2);
  const kept: Point[] = [];
  for (let i = 0; i < stretches; i++) {
    const from = Math.floor((i * points.length) / stretches);
    const part = points.slice(from, Math.floor(((i + 1) * points.length) / stretches));
    const low = part.reduce((a, b) => (b.value < a.value ? b : a));
    const high = part.reduce((a, b) => (b.value > a.value ? b : a));
    kept.push(...(low === high ? [low] : low.step < high.step ? [low, high] : [high, low]));
  }
  return kept;
}

/** 0.005, 1.25, 12k, 5e-4: at most five characters or so. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3) return value.toExponential().replace(/(\.\d{1,2})\d*e/, '$1e');
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(4)));
}
