/**
 * What a reward model says of answers: one number each, read at the last token.
 */
import type { Answer } from '../data/rows/answers.ts';
import type { Watch } from '../event-loop.ts';
import { checkFinite } from '../models/finite.ts';
import type { RewardModel } from '../models/reward-model.ts';
import { fromArray, noGrad } from '../tensor/index.ts';
import { inBatches } from './batches.ts';
import { readNumbers } from './read-numbers.ts';

const BATCH = 32;

/** Rewards of answers of any length, each on its own, in the order given. */
export function rewardAnswers(
  model: RewardModel,
  answers: readonly Pick<Answer, 'ids'>[],
  watch: Watch = {},
): Promise<number[]> {
  return inBatches(answers, { ...watch, size: BATCH }, async (batch) => {
    const T = Math.max(...batch.map(({ ids }) => ids.length));
    const ids = new Int32Array(batch.length * T);
    for (const [row, answer] of batch.entries()) ids.set(answer.ids, row * T);
    const ends = Int32Array.from(batch, (answer, row) => row * T + answer.ids.length - 1);
    const rewards = await readNumbers(() =>
      noGrad(() => model.forward(fromArray(ids, [batch.length, T]), fromArray(ends, [batch.length]))),
    );
    checkFinite(rewards, 'rewards');
    return rewards;
  });
}
