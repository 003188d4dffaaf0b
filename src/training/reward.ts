/**
 * Stage 3, reward model: learn from pairs which of two answers people prefer.
 *
 * Both answers of a pair are in one batch, so that the loss compares rewards of the same weights. Accuracy on pairs never trained on says
 * whether it learned a quality or the pairs.
 */
import { EpochStream, type Pair } from '../data/rows/pairs.ts';
import { rewardLoss } from '../losses/reward.ts';
import type { RewardModel } from '../models/reward-model.ts';
import type { Tensor } from '../tensor/index.ts';
import type { AlignmentSettings } from './alignment-settings.ts';
import { toAnswerBatch } from './answer-batch.ts';
import { fingerprintOf, ofPairs, type PairBatch, type PairFiles } from './preference-data.ts';
import type { StageData } from './pretrain.ts';
import type { StageSettings } from './settings.ts';

export function rewardStage(
  model: RewardModel,
  { pairs, heldOut }: PairFiles,
  settings: StageSettings,
  { rewardMargin, rewardCentring }: AlignmentSettings,
  seed: number,
): StageData<Pair, PairBatch> {
  return {
    rowsInEpoch: () => pairs.length,
    data: fingerprintOf(pairs),
    objective: {
      ...ofPairs,
      stage: 'reward',
      model,
      rows: new EpochStream(pairs, { seed, shuffle: settings.shuffle }),
      heldOut,
      loss(batch, total) {
        const { chosen, rejected } = rewardsOf(model, batch);
        const { losses, margins, wins } = rewardLoss(chosen, rejected, {
          margin: rewardMargin,
          centring: rewardCentring,
        });
        const share = (values: Tensor) => values.sum().div(total);
        return { loss: share(losses), parts: { accuracy: share(wins), margin: share(margins) } };
      },
    },
  };
}

/** Rewards of both answers of every pair [P]. */
export function rewardsOf(
  model: RewardModel,
  { answers, pairs }: PairBatch,
): { chosen: Tensor; rejected: Tensor } {
  const { ids, ends, options } = toAnswerBatch(answers);
  const rewards = model.forward(ids, ends, options); // [2 P]
  return { chosen: rewards.slice(0, 0, pairs.length), rejected: rewards.slice(0, pairs.length) };
}
