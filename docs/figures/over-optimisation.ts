/**
 * npx tsx docs/figures/over-optimisation.ts OUT.svg "LABEL=runs/NAME" ...    reward and gold reward over the steps of several PPO
 * runs
 *
 * The picture of docs/over-optimisation.md, from metrics.jsonl of the runs named there. Thin lines are single steps, thick ones
 * the mean of the last ten.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as Plot from '@observablehq/plot';
import { svgOf } from '../../src/report/svg.ts';

const WINDOW = 10;
const [out, ...runs] = process.argv.slice(2);
if (out === undefined || runs.length === 0) throw new Error('Give the file to write and runs as LABEL=DIR');

const points = runs.flatMap((run) => {
  const [label, folder] = run.split('=') as [string, string];
  return readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number | string>)
    .filter(({ stage }) => stage === 'ppo')
    .flatMap(({ step, score, gold }) => [
      { run: label, step, value: score, what: 'reward model, in deviations' },
      { run: label, step, value: gold, what: 'judge (gold), 0 to 1' },
    ]);
});
const names = [...new Set(points.map(({ run }) => run))];
const panels = [...new Set(points.map(({ what }) => what))];
const lastStep = Math.max(...points.map(({ step }) => Number(step)));
const place = { x: 'step', y: 'value', fy: 'what', stroke: 'run' };
const svg = svgOf('Reward and gold reward over the steps of PPO', {
  width: 720,
  height: 480,
  marginRight: 70,
  marginLeft: 40,
  style: { background: 'white', color: '#222', fontSize: '13px' },
  color: { range: ['#c0392b', '#c98a1a', '#2a6fb0'], domain: names },
  x: { label: 'step' },
  y: { label: null, grid: true },
  fy: { axis: null, domain: panels, padding: 0.12 },
  marks: [
    Plot.frame({ stroke: '#ccc' }),
    Plot.lineY(points, { ...place, strokeOpacity: 0.25, strokeWidth: 1 }),
    Plot.lineY(points, Plot.windowY({ k: WINDOW, anchor: 'end' }, { ...place, strokeWidth: 2.5 })),
    Plot.text(panels, {
      fy: (what) => what,
      text: (what) => what,
      frameAnchor: 'top',
      dy: -14,
      fontWeight: 'bold',
    }),
    // Names at the ends of the lines, in the order of the lines and apart from each other.
    ...names.map((name, i) =>
      Plot.text(
        points.filter(({ run, step }) => run === name && step === lastStep),
        {
          x: 'step',
          y: 'value',
          fy: 'what',
          fill: 'run',
          text: 'run',
          dx: 6,
          dy: [-9, 9, -2][i] ?? 0,
          textAnchor: 'start',
        },
      ),
    ),
  ],
});
writeFileSync(out, `${svg}\n`);
