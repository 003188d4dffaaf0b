/**
 * The evaluation as one table: one line per task, one column per stage, with intervals and with what guessing gives.
 */
import type { Results } from '../evaluation/evaluate.ts';
import type { Estimate } from '../evaluation/intervals.ts';
import { formatsOf, intervalOf } from '../evaluation/table.ts';

export interface Cell {
  readonly value: string;
  readonly interval: string;
  /** The whole interval lies above what guessing gives. */
  readonly aboveGuessing: boolean;
}

export interface TaskLine {
  readonly task: string;
  /** A closer look at a task above: facts of minimal-pairs, say. */
  readonly isPart: boolean;
  readonly guessing: string;
  readonly n: string;
  /** One for each stage; null where the task was not asked of it. */
  readonly cells: readonly (Cell | null)[];
}

export interface EvaluationTable {
  readonly stages: readonly string[];
  readonly lines: readonly TaskLine[];
}

export function evaluationTable(evaluation: Readonly<Record<string, Results>>): EvaluationTable {
  const stages = Object.keys(evaluation);
  // A task may have the name of what all objects inherit.
  const estimateOf = (stage: string, task: string): Estimate | null => {
    const results = evaluation[stage]!;
    return Object.hasOwn(results, task) ? results[task]! : null;
  };
  const tasks = [...new Set(stages.flatMap((stage) => Object.keys(evaluation[stage]!)))];
  const lines = tasks.map((task) => {
    const estimates = stages.map((stage) => estimateOf(stage, task));
    const present = estimates.filter((estimate) => estimate !== null);
    const guesses = new Set(present.map((estimate) => formatsOf(task, estimate).chance));
    return {
      task,
      isPart: tasks.some((whole) => task.startsWith(`${whole}-`)),
      guessing: [...guesses].filter((text) => text !== '').join(' / '),
      n: [...new Set(present.map(({ n }) => n.toLocaleString('en')))].join(' / '),
      cells: estimates.map((estimate) => (estimate === null ? null : cellOf(task, estimate))),
    };
  });
  return { stages, lines };
}

function cellOf(task: string, estimate: Estimate): Cell {
  const { show } = formatsOf(task, estimate);
  return {
    value: show(estimate.value),
    interval: intervalOf(estimate, show, ' – '),
    aboveGuessing: estimate.chance !== undefined && estimate.low > estimate.chance,
  };
}
