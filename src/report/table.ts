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
  const tasks = [...new Set(stages.flatMap((stage) => Object.keys(evaluation[stage]!)))];
  const lines = tasks.map((task) => {
    const estimates = stages.map((stage) => evaluation[stage]![task] ?? null);
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

/** What JSON.parse gave, as results; or a sentence that says what is wrong with it. */
export function checkEvaluation(value: unknown, path: string): Record<string, Results> | string {
  if (!isRecord(value)) return `${path}: expected an object of stages`;
  for (const [stage, results] of Object.entries(value)) {
    if (!isRecord(results)) return `${path}: "${stage}" is not an object of tasks`;
    for (const [task, estimate] of Object.entries(results)) {
      const fields = isRecord(estimate) ? estimate : {};
      const bad = ['value', 'low', 'high', 'n'].find((field) => typeof fields[field] !== 'number');
      if (bad !== undefined) return `${path}: "${task}" of "${stage}" has no number "${bad}"`;
    }
  }
  return value as Record<string, Results>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
