/**
 * Training: tokens per second of a whole step, and where its time goes (see profile.ts).
 */
import { type Bench, ratiosOf } from './children.ts';
import { withCeiling } from './gemm.ts';
import type { Measurement } from './measurement.ts';
import { trainingSizes } from './trainer.ts';
import { disturbance, measurementOf, takeTurns } from './turns/rounds.ts';

const usual: Record<string, number> = { pico: 15, nano: 11, micro: 5 };

/** Milliseconds of a turn at least: several steps of pico, one of the others. */
export const TURN_MS = 100;

export async function* train({ children, rounds, wants }: Bench): AsyncGenerator<Measurement> {
  for (const { name, rows } of trainingSizes) {
    const isReference = children[0]!.greeting.backend === 'reference';
    if (!wants(name) || (isReference && name === 'micro')) continue; // minutes a step
    const candidates = children.map((child) => ({ child, task: { group: 'train', name, rows } as const }));
    const plan = {
      rounds: rounds(isReference ? 3 : usual[name]!),
      leastMs: TURN_MS,
      ceilings: withCeiling(children),
    };
    const result = await takeTurns(candidates, plan);
    const warning = disturbance(result.ceilings);
    for (const [i, series] of result.series.entries()) {
      const calls = Math.max(2, Math.ceil(usual[name]! / 2));
      const shares = isReference ? {} : await series.child.profile(series.opened.task, calls);
      yield {
        ...measurementOf(series, 'train', name),
        ratios: ratiosOf(result, i),
        ...shares,
        ...(warning === null ? {} : { warning }),
      };
    }
    await result.close();
  }
}
