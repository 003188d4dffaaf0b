/**
 * metrics.jsonl: one line a log step, appended, for all stages of a run.
 *
 * When a stage starts again or resumes, lines of it beyond the step it continues from are removed, so that a curve never has two
 * values for one step.
 */
import { appendFileSync, existsSync } from 'node:fs';
import { guardDisk } from '../errors.ts';
import { writeFileAtomically } from '../storage/atomic.ts';
import { readText } from '../storage/read-file.ts';
import type { StepMetrics } from './loop.ts';

export const METRICS_FILE = 'metrics.jsonl';

/** The lines of such a file that are of these stages. */
export function linesOf(file: string, stages: readonly string[]): string {
  const own = file.split('\n').filter((line) => stages.includes(entryOf(line)?.stage ?? ''));
  return own.map((line) => `${line}\n`).join('');
}

export class MetricsFile {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  append(metrics: StepMetrics & { readonly backend?: string }): void {
    const { parts, ...line } = metrics;
    const rounded = Object.fromEntries(
      Object.entries({ ...line, ...parts }).map(([key, value]) => [key, round(value)]),
    );
    guardDisk(this.path, () => appendFileSync(this.path, `${JSON.stringify(rounded)}\n`));
  }

  /** Forget what was logged of `stage` after `step`. */
  rewind(stage: string, step: number): void {
    if (!existsSync(this.path)) return;
    const kept = readText(this.path)
      .split('\n')
      .filter((line) => line !== '' && !isLater(line, stage, step));
    writeFileAtomically(this.path, kept.map((line) => `${line}\n`).join(''));
  }
}

/** A line cut off by a crash counts as later: it is dropped. */
function isLater(line: string, stage: string, step: number): boolean {
  const entry = entryOf(line);
  return entry === null || (entry.stage === stage && entry.step > step);
}

function entryOf(line: string): StepMetrics | null {
  try {
    return JSON.parse(line) as StepMetrics | null;
  } catch {
    return null;
  }
}

function round(value: string | number): string | number {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}
