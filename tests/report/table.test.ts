/** The evaluation as a table for page and Markdown. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Estimate } from '../../src/evaluation/intervals.ts';
import { evaluationTable } from '../../src/report/table.ts';
import { evaluation, shown } from './made-up.ts';

const estimate = (value: number, low: number, chance?: number) => ({
  ...{ value, low, high: 0.9, n: 1000 },
  ...(chance === undefined ? {} : { chance }),
});

test('a line per task, a cell per stage; a part belongs to a task above; guessing is beaten by the whole interval only', () => {
  const { stages, lines } = evaluationTable({
    pretrain: { 'minimal-pairs': estimate(0.7, 0.6, 0.5) },
    sft: { 'minimal-pairs': estimate(0.6, 0.5, 0.5), 'minimal-pairs-facts': estimate(0.8, 0.7) },
  });
  assert.equal(stages, ['pretrain', 'sft']);
  assert.equal(
    lines.map(({ task, isPart, guessing, n }) => [task, isPart, guessing, n]),
    [
      ['minimal-pairs', false, '50.0%', '1,000'],
      ['minimal-pairs-facts', true, '', '1,000'],
    ],
  );
  assert.equal(
    lines.map(({ cells }) => cells.map((cell) => cell && [cell.value, cell.interval, cell.aboveGuessing])),
    [
      [
        ['70.0%', '60.0% – 90.0%', true],
        ['60.0%', '50.0% – 90.0%', false],
      ],
      [null, ['80.0%', '70.0% – 90.0%', false]],
    ],
  );
});

test('a task with the name of what all objects inherit is a task like others', () => {
  const { lines } = evaluationTable({
    a: { constructor: estimate(0.5, 0.4) },
    b: { toString: estimate(0.7, 0.6) },
  });
  assert.equal(
    lines.map(({ task, cells }) => [task, ...cells.map((cell) => cell?.value ?? null)]),
    [
      ['constructor', '0.500', null],
      ['toString', null, '0.700'],
    ],
  );
});

test('a value stands where its task and its stage meet, whatever the order in which the stages have them', () => {
  const { stages, lines } = evaluationTable(evaluation);
  const byStage: Record<string, Record<string, Estimate>> = evaluation;
  assert.equal(stages, Object.keys(evaluation));
  assert.equal(
    lines.map(({ task }) => task),
    ['bits-per-byte', 'minimal-pairs', 'facts-seen', 'facts-seen-more'],
  );
  for (const { task, cells } of lines)
    for (const [s, cell] of cells.entries()) {
      const estimate = byStage[stages[s]!]![task];
      assert.is(cell === null, estimate === undefined, `${task} of ${stages[s]}`);
      if (cell === null || estimate === undefined) continue;
      assert.is(cell.value, shown(task, estimate.value));
      const { value, low, high } = estimate;
      assert.is(
        cell.interval,
        low === value && high === value ? '' : `${shown(task, low)} – ${shown(task, high)}`,
      );
      assert.is(cell.aboveGuessing, estimate.chance !== undefined && low > estimate.chance);
    }
});

test('the lower end at what guessing gives is not above it', () => {
  const { lines } = evaluationTable({ sft: { a: estimate(0.6, 0.5, 0.5), b: estimate(0.6, 0.500001, 0.5) } });
  assert.equal(
    lines.map(({ cells }) => cells[0]!.aboveGuessing),
    [false, true],
  );
});

test.run();
