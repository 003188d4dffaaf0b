/**
 * Rounds: every candidate runs once a round, in turn, so that a slow minute hits all of them.
 *
 *   value    median over the rounds            best     the fastest round: what a quiet machine would give
 *   ratio    median of the ratios within each round, never the ratio of two medians from different minutes
 *   spread   what the ceiling lost in a quarter of the rounds: how much the machine itself was disturbed
 *
 * A turn repeats short calls until `leastMs` have passed. Children wait in between, for a moment longer than threads spin before
 * they sleep, so that nobody's waiting takes the next one's time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Measurement } from '../measurement.ts';
import { median } from '../timing.ts';
import { type Child, ChildError } from './child-process.ts';
import type { Opened, Task } from './protocol.ts';

export interface Candidate {
  readonly child: Child;
  readonly task: Task;
}

export interface Plan {
  readonly rounds: number;
  /** Milliseconds that a turn takes at least. */
  readonly leastMs: number;
  /** Measure the ceiling of these children in every round too. */
  readonly ceilings?: readonly Child[];
  /** Called with a candidate that cannot do the task: it is left out, unless this throws. Without it that is an error. */
  readonly leaveOut?: (child: Child, why: string) => void;
}

/** What one candidate did. */
export interface Series {
  readonly child: Child;
  readonly opened: Opened;
  /** In the unit of the task, round by round. */
  readonly values: readonly number[];
}

export interface Rounds {
  readonly series: readonly Series[];
  /** In the order of `plan.ceilings`. */
  readonly ceilings: readonly Series[];
  /** Close all tasks; until then they can be profiled. */
  close(): Promise<void>;
}

/** Milliseconds between two turns: an OpenMP thread that waits spins for some of them. */
const PAUSE = 10;
const CEILING_MS = 25;

export async function takeTurns(candidates: readonly Candidate[], plan: Plan): Promise<Rounds> {
  const own = await openAll(candidates, plan.leaveOut);
  const ceilings = await openAll(
    (plan.ceilings ?? []).map((child) => ({ child, task: { group: 'ceiling' } })),
  );
  for (let round = 0; round < plan.rounds; round++) {
    for (const each of own) {
      await sleep(PAUSE);
      await takeTurn(each, plan.leastMs);
      const ceiling = ceilings.find(({ child, values }) => child === each.child && values.length === round);
      if (ceiling === undefined) continue;
      await sleep(PAUSE); // its own collector works beside it for a moment after the task
      await takeTurn(ceiling, CEILING_MS);
    }
  }
  return {
    series: own,
    ceilings,
    async close() {
      for (const { child, opened } of [...own, ...ceilings]) await child.close(opened.task);
    },
  };
}

interface Open extends Series {
  readonly values: number[];
}

async function openAll(candidates: readonly Candidate[], leaveOut?: Plan['leaveOut']): Promise<Open[]> {
  const opened: Open[] = [];
  for (const { child, task } of candidates) {
    try {
      opened.push({ child, opened: await child.open(task), values: [] });
    } catch (error) {
      if (leaveOut === undefined || !(error instanceof ChildError)) throw error;
      leaveOut(child, error.message);
    }
  }
  return opened;
}

async function takeTurn({ child, opened, values }: Open, leastMs: number): Promise<void> {
  const { ms } = await child.run(opened.task, leastMs);
  values.push(opened.amount / ms);
}

/** How many times as fast as `other`: the median over the rounds. */
export function faster(series: Series, other: Series): number {
  return median(series.values.map((value, round) => value / other.values[round]!));
}

/** What a quarter of the rounds lost at least, against the fastest: a single bad round does not move a median. */
export function spread({ values }: Pick<Series, 'values'>): number {
  const sorted = [...values].sort((a, b) => a - b);
  return 1 - sorted[Math.floor((sorted.length - 1) / 4)]! / sorted.at(-1)!;
}

const DISTURBED = 0.15;

/** A sentence if the ceiling moved more than noise does; the numbers beside it are then of a disturbed machine. */
export function disturbance(ceilings: readonly Pick<Series, 'values'>[]): string | null {
  const worst = Math.max(0, ...ceilings.map(spread));
  if (worst <= DISTURBED) return null;
  const share = `${(100 * worst).toFixed(0)}%`;
  return `other programs disturb: in a quarter of the rounds the ceiling lost ${share} or more; trust the bests, or measure again`;
}

/** The part of a measurement that a series states by itself. */
export function measurementOf(
  series: Series,
  group: string,
  name: string,
): Measurement & { readonly best: number } {
  const { greeting, name: backend } = series.child;
  return {
    group,
    name,
    backend,
    threads: greeting.threads,
    value: median(series.values),
    unit: series.opened.unit,
    best: Math.max(...series.values),
    rounds: series.values.length,
    version: greeting.version,
    ...(greeting.width === undefined ? {} : { width: greeting.width }),
    ...(series.opened.details === undefined ? {} : { details: series.opened.details }),
  };
}
