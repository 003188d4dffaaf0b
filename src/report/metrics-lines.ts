/**
 * metrics.jsonl read back: for every stage, a curve for each number in its lines.
 *
 * Whatever a stage wrote is there; nothing but the names of the stage and of the step is taken for granted. A line that cannot be
 * used (cut off by a crash, edited by hand) is left out and named, the rest of the curve stands.
 */
import { readLines } from '../data/bytes/lines.ts';
import { UserError } from '../errors.ts';
import { anything, check, type Infer, number, object, parse, record, text } from '../schema.ts';

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
  /** One sentence for each of the first lines left out, with its place, and one for the others. */
  readonly problems: readonly string[];
}

const headSchema = object({ stage: text(), step: number({ whole: true, min: 0 }) });
const LEFT_OUT = 'this line is left out of the curves';
/** So many lines left out are named, the others counted. */
const NAMED = 10;

/** Throws a UserError if there is no such file. */
export function readMetrics(path: string): MetricsLines {
  const stages = new Map<string, Map<string, Point[]>>();
  const backends = new Set<string>();
  const problems: string[] = [];
  let more = 0; // lines left out beside those
  for (const each of readLines(path)) {
    if (each.text.trim() === '') continue;
    const place = `${path}:${each.number}`;
    let line: Readonly<Record<string, unknown>>;
    let head: Infer<typeof headSchema>;
    try {
      line = parse(record(anything()), each.text, place, LEFT_OUT);
      head = check(headSchema, line, place, LEFT_OUT);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (problems.length < NAMED) problems.push(error.message);
      else more++;
      continue;
    }
    const { stage, step } = head;
    if (typeof line.backend === 'string') backends.add(line.backend);
    const curves = stages.get(stage) ?? new Map<string, Point[]>();
    stages.set(stage, curves);
    for (const [name, value] of Object.entries(line)) {
      if (name === 'step' || typeof value !== 'number' || !Number.isFinite(value)) continue;
      const points = curves.get(name) ?? [];
      curves.set(name, points);
      points.push({ step, value });
    }
  }
  if (more > 0) problems.push(`${path}: ${more} more lines are left out of the curves`);
  for (const curves of stages.values())
    for (const points of curves.values()) points.sort((a, b) => a.step - b.step);
  return { stages, backends: [...backends], problems };
}
