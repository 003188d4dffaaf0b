/**
 * Single kernels at the sizes of a nano step (op-table.ts says which, and what is counted).
 */
import { type Bench, ratiosOf } from './children.ts';
import { withCeiling } from './gemm.ts';
import type { Measurement } from './measurement.ts';
import { median } from './timing.ts';
import { disturbance, measurementOf, takeTurns } from './turns/rounds.ts';

export async function* ops({ children, rounds, wants }: Bench): AsyncGenerator<Measurement> {
  const names = await children[0]!.list('ops');
  for (const name of names.filter(wants)) {
    const candidates = children.map((child) => ({ child, task: { group: 'ops', name } as const }));
    const result = await takeTurns(candidates, {
      rounds: rounds(9),
      leastMs: 5,
      ceilings: withCeiling(children),
    });
    const warning = disturbance(result.ceilings);
    for (const [i, series] of result.series.entries()) {
      const microseconds = median(series.values.map((value) => (1000 * series.opened.amount) / value));
      yield {
        ...measurementOf(series, 'ops', name),
        ratios: ratiosOf(result, i),
        details: { microseconds },
        ...(warning === null ? {} : { warning }),
      };
    }
    await result.close();
  }
}
