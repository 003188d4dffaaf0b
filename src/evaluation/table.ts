/**
 * Results as a table for a terminal: one line a stage and task, with interval and baseline.
 */
import type { Estimate, Results } from './intervals.ts';

export function formatResults(stages: Readonly<Record<string, Results>>): string {
  const rows = [['stage', 'task', 'value', '95% interval', 'guessing', 'n']];
  for (const [stage, results] of Object.entries(stages)) {
    for (const [task, estimate] of Object.entries(results)) {
      const { show, chance } = formatsOf(task, estimate);
      rows.push([
        stage,
        task,
        show(estimate.value),
        intervalOf(estimate, show, ' .. '),
        chance,
        String(estimate.n),
      ]);
    }
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return rows.map(line).join('\n');
}

/** Empty where there is no interval: both ends are then the value itself. */
export function intervalOf(
  { value, low, high }: Estimate,
  show: (x: number) => string,
  between: string,
): string {
  return low === value && high === value ? '' : `${show(low)}${between}${show(high)}`;
}

/** How the numbers of a task are written: shares in percent, others with as many digits as say something. */
export function formatsOf(
  task: string,
  { chance }: Estimate,
): { show: (x: number) => string; chance: string } {
  const isShare =
    /^(facts|sums|introductions|refusals|stories|follow-ups|reward-accuracy|choice|minimal-pairs|judge|win-rate|distinct|repetition)/.test(
      task,
    );
  const show = (x: number) => {
    if (isShare) return `${(100 * x).toFixed(1)}%`;
    return Math.abs(x) < 100 ? x.toFixed(3) : Math.round(x).toLocaleString('en');
  };
  return { show, chance: chance === undefined ? '' : show(chance) };
}
