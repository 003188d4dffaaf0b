/**
 * What a token costs against the number of parameters: a training step of every size with the same number of tokens.
 *
 *   cost = c x parameters ^ slope          slope 1: twice the parameters, twice the time
 *
 * The slope is that of the straight line through the logarithms (least squares). The small sizes pay per step what does not
 * grow with the model, which makes it less than 1; from 16m on most parameters are two tables of 64,798 rows, of which the input
 * table is read and not multiplied: `multiplied` counts without it.
 */
import { preset } from '../src/models/presets.ts';
import { type Bench, ratiosOf } from './children.ts';
import { withCeiling } from './gemm.ts';
import type { Measurement } from './measurement.ts';
import { median } from './timing.ts';
import { disturbance, measurementOf, type Series, takeTurns } from './turns/rounds.ts';

const TOKENS = 1024;
/** Rows x context give the same number of tokens; none longer than 256, so that attention stays the small part. */
export const scaleSizes = [
  { name: 'pico', rows: 16, context: 64, rounds: 9 },
  { name: 'nano', rows: 8, context: 128, rounds: 7 },
  { name: 'micro', rows: 4, context: 256, rounds: 5 },
  { name: '16m', rows: 4, context: 256, rounds: 3 },
  { name: '42m', rows: 4, context: 256, rounds: 2 },
  { name: '92m', rows: 4, context: 256, rounds: 2 },
] as const;
/** Seconds that a step of a size may be expected to take, from the one before; larger ones are left out with a sentence. */
const PATIENCE = 25;

interface Point {
  readonly parameters: number;
  readonly multiplied: number;
  /** Milliseconds per token, by child. */
  readonly cost: readonly number[];
}

export async function* scale({ children, rounds, wants }: Bench): AsyncGenerator<Measurement> {
  if (children[0]!.greeting.backend === 'reference') return;
  const points: Point[] = [];
  for (const { name, rows, context, rounds: usual } of scaleSizes) {
    if (!wants(name)) continue;
    const expected = expectedSeconds(points, name);
    if (expected > PATIENCE) {
      process.stderr.write(`scale: ${name} is left out, a step would take ${expected.toFixed(0)} s\n`);
      continue;
    }
    const candidates = children.map((child) => ({
      child,
      task: { group: 'train', name, rows, context } as const,
    }));
    const plan = { rounds: rounds(usual), leastMs: 100, ceilings: withCeiling(children) };
    const result = await takeTurns(candidates, plan);
    const warning = disturbance(result.ceilings);
    const parameters = result.series[0]!.opened.details!.parameters!;
    const multiplied = parameters - unmultiplied(name);
    points.push({ parameters, multiplied, cost: result.series.map(costOf) });
    for (const [i, series] of result.series.entries()) {
      const cost = costOf(series);
      const details = {
        parameters,
        multiplied,
        'us per token': 1000 * cost,
        'ns per token, 1000 multiplied': (1e9 * cost) / multiplied,
      };
      const ratios = ratiosOf(result, i);
      yield {
        ...measurementOf(series, 'scale', name),
        ratios,
        details,
        ...(warning === null ? {} : { warning }),
      };
    }
    await result.close();
  }
  if (points.length < 3) return;
  for (const [i, { name, greeting }] of children.entries()) {
    const cost = points.map((point) => point.cost[i]!);
    yield {
      group: 'scale',
      name: 'slope',
      backend: name,
      threads: greeting.threads,
      version: greeting.version,
      ...(greeting.width === undefined ? {} : { width: greeting.width }),
      value: slope(
        points.map(({ parameters }) => parameters),
        cost,
      ),
      unit: 'of log cost against log parameters',
      details: {
        'against multiplied parameters': slope(
          points.map(({ multiplied }) => multiplied),
          cost,
        ),
      },
    };
  }
}

/** Milliseconds per token in the median round. */
function costOf({ opened, values }: Series): number {
  return opened.amount / median(values) / TOKENS;
}

/** Rows of an input table that is not the output layer too are looked up, not multiplied. */
function unmultiplied(name: string): number {
  const { tieWordEmbeddings, vocabSize, hiddenSize } = preset(name);
  return tieWordEmbeddings ? 0 : vocabSize * hiddenSize;
}

/** Of the slowest child, if the cost grows as the parameters do. */
function expectedSeconds(points: readonly Point[], name: string): number {
  const last = points.at(-1);
  const millions = /^(\d+)m$/.exec(name)?.[1];
  if (last === undefined || millions === undefined) return 0;
  return (Math.max(...last.cost) * TOKENS * Number(millions) * 1e6) / last.parameters / 1000;
}

/** Of the straight line of least squares through the logarithms. */
export function slope(xs: readonly number[], ys: readonly number[]): number {
  const [x, y] = [xs.map(Math.log), ys.map(Math.log)];
  const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [mx, my] = [mean(x), mean(y)];
  const over = x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  return over / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}
