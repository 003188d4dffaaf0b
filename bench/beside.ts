/**
 * Beside a busy core: a child that does nothing but spin, and training on one thread and on more. More threads must not be the
 * slower choice there, where one of them is often without its core.
 *
 * The ratio to one thread is measured in the same rounds; the last is the ratio without company.
 */
import { type Bench, ratiosOf } from './children.ts';
import type { Measurement } from './measurement.ts';
import { TURN_MS } from './train.ts';
import { trainingSizes } from './trainer.ts';
import { startSpinning } from './turns/busy.ts';
import { measurementOf, takeTurns } from './turns/rounds.ts';

export async function* beside({ children, rounds, wants }: Bench): AsyncGenerator<Measurement> {
  if (children.length < 2) return;
  for (const { name, rows } of trainingSizes) {
    if (!wants(name) || name === 'pico') continue;
    const candidates = children.map((child) => ({ child, task: { group: 'train', name, rows } as const }));
    const plan = { rounds: rounds(name === 'micro' ? 3 : 7), leastMs: TURN_MS };
    const alone = await takeTurns(candidates, plan);
    await alone.close();
    const busy = startSpinning();
    const result = await takeTurns(candidates, plan).finally(() => busy.kill());
    await result.close();
    for (const [i, series] of result.series.entries()) {
      const without = Object.entries(ratiosOf(alone, i)).map(([against, ratio]) => [
        `${against}, alone`,
        ratio,
      ]);
      yield {
        ...measurementOf(series, 'beside', name),
        ratios: { ...ratiosOf(result, i), ...Object.fromEntries(without) },
      };
    }
  }
}
