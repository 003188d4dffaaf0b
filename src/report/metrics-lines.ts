/**
 * metrics.jsonl read back: for every stage, a curve for each number in its lines.
 *
 * Whatever a stage wrote is there; nothing but the names of the stage and of the step is taken for granted. A line that cannot be
 * used (cut off by a crash, edited by hand) is left out and named, the rest of the curve stands.
 */
import { readLines } from '../data/bytes/lines.ts';

export interface Point {
  readonly step: number;
  readonly value: number;
}

/** Name of the number -> its points by step. */
export type Curves = ReadonlyMap<string, readonly Point[]>;

export interface MetricsLines {
  /** In the order in which the stages began. */
  readonly stages: ReadonlyMap<string, Curves>;
  readonly backends: readonly string[];
  /** One sentence for each line left out, with its place. */
  readonly problems: readonly string[];
}

/** Throws a UserError if there is no such file. */
export function readMetrics(path: string): MetricsLines {
  const stages = new Map<string, Map<string, Point[]>>();
  const backends = new Set<string>();
  const problems: string[] = [];
  for (const { text, number } of readLines(path)) {
    if (text.trim() === '') continue;
    const place = `${path}:${number}`;
    let line: unknown;
    try {
      line = JSON.parse(text);
    } catch {
      problems.push(`${place}: this line is not valid JSON and is left out of the curves`);
      continue;
    }
    const { stage, step, ...rest } = (line ?? {}) as Record<string, unknown>;
    if (typeof stage !== 'string' || typeof step !== 'number') {
      problems.push(`${place}: this line has no "stage" and "step" and is left out of the curves`);
      continue;
    }
    if (typeof rest.backend === 'string') backends.add(rest.backend);
    const curves = stages.get(stage) ?? new Map<string, Point[]>();
    stages.set(stage, curves);
    for (const [name, value] of Object.entries(rest)) {
      if (typeof value !== 'number' || !Number.isFinite(value)) continue;
      const points = curves.get(name) ?? [];
      curves.set(name, points);
      points.push({ step, value });
    }
  }
  for (const curves of stages.values())
    for (const points of curves.values()) points.sort((a, b) => a.step - b.step);
  return { stages, backends: [...backends], problems };
}
