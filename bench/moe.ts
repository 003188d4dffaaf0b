/**
 * Mixture of experts against the dense model of equal active parameters: what a training step costs.
 *
 *   dense              nano of architecture tinyllm
 *   wide               the same with as many parameters as the mixture has in all
 *   moe                nano of architecture moe: 8 experts, 2 per token, one shared; nobody listens, so the experts alone
 *   moe, loss          with the balance loss and its gradient
 *   moe, bias          with a bias on the choice, moved after each update
 *   moe, all compute   every expert computes every token, as where memory cannot be read at once
 *
 * The ratio is that of speeds: the step is to take at most 1.4 times as long as the dense one, which is a ratio of at least 0.71.
 */
import type { Bench } from './children.ts';
import { withCeiling } from './gemm.ts';
import type { Measurement } from './measurement.ts';
import { mixtureCases } from './turns/protocol.ts';
import { disturbance, faster, measurementOf, takeTurns } from './turns/rounds.ts';

const PROFILED = 5;

export async function* moe({ children, rounds, wants }: Bench): AsyncGenerator<Measurement> {
  const cases = mixtureCases.filter((name) => name === 'dense' || wants(name));
  for (const child of children) {
    const isReference = child.greeting.backend === 'reference';
    const candidates = cases.map((name) => ({ child, task: { group: 'moe', name } as const }));
    const plan = { rounds: rounds(isReference ? 3 : 7), leastMs: 0, ceilings: withCeiling([child]) };
    const result = await takeTurns(candidates, plan);
    const [dense] = result.series;
    const warning = disturbance(result.ceilings);
    for (const [i, series] of result.series.entries()) {
      const { breakdown, details } = isReference
        ? { breakdown: undefined, details: undefined }
        : await child.profile(series.opened.task, PROFILED);
      yield {
        ...measurementOf(series, 'moe', cases[i]!),
        ...(i === 0 ? {} : { ratios: { dense: faster(series, dense!) } }),
        ...(breakdown === undefined ? {} : { breakdown, details }),
        ...(warning === null ? {} : { warning }),
      };
    }
    await result.close();
  }
}
