/**
 * The children that a run of the benchmark measures, one backend in each, and what is compared with what.
 */
import { availableParallelism, cpus } from 'node:os';
import { formatMeasurement, type Measurement } from './measurement.ts';
import { Child, type Program } from './turns/child-process.ts';
import { faster, type Rounds, type Series } from './turns/rounds.ts';

/** What every group is given. */
export interface Bench {
  /** The first has one thread: what the others are compared with. */
  readonly children: readonly Child[];
  /** Rounds of a group: what --rounds says, else what the group thinks enough. */
  rounds(usual: number): number;
  /** Whether --sizes names it, or names nothing. */
  wants(name: string): boolean;
  /** Training steps of the memory group. */
  readonly steps: number;
}

/** One after the other: the first may have to compile the kernels. */
export async function startAll(programs: readonly Program[]): Promise<Child[]> {
  const children: Child[] = [];
  try {
    for (const program of programs) children.push(await Child.start(program));
  } catch (error) {
    for (const child of children) child.stop();
    throw error;
  }
  return children;
}

/**
 * Ratios of series number `i`: against one thread of the same backend, and against the first child with as many threads where
 * something else differs (width, version).
 */
export function ratiosOf({ series }: Rounds, i: number): Record<string, number> {
  const own = series[i]!;
  const ratios: Record<string, number> = {};
  const fewest = series.find((other) => kindOf(other) === kindOf(own));
  if (fewest !== undefined && threadsOf(fewest) < threadsOf(own)) {
    ratios[`${threadsOf(fewest)} thread${threadsOf(fewest) === 1 ? '' : 's'}`] = faster(own, fewest);
  }
  const first = series.find((other) => threadsOf(other) === threadsOf(own));
  if (first !== undefined && kindOf(first) !== kindOf(own)) ratios[kindOf(first)] = faster(own, first);
  return ratios;
}

const threadsOf = ({ child }: Series) => child.greeting.threads;

/** Everything but the threads: "wasm 256 bit Node 26.10.0". */
export function kindOf({ child }: Series): string {
  const { version, width } = child.greeting;
  return [child.name, ...(width === undefined ? [] : [`${width} bit`]), version].join(' ');
}

/** Model name and cores of this machine. */
export function processor(): string {
  return `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores`;
}

/**
 * Prints measurements as lines for people, or as JSON with the processor in every line. People are warned once for all lines of
 * the same rounds.
 */
export function printer(json: boolean): (measurement: Measurement) => void {
  const machine = { processor: processor() };
  let warned = '';
  return (measurement) => {
    if (json) {
      process.stdout.write(`${JSON.stringify({ ...measurement, ...machine })}\n`);
      return;
    }
    const { group, name, warning } = measurement;
    const about = `${group} ${name}`;
    if (warning !== undefined && about !== warned) process.stdout.write(`${about}: ${warning}\n`);
    warned = warning === undefined ? '' : about;
    process.stdout.write(formatMeasurement(measurement));
  };
}
