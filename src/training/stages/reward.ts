/**
 * Stage 3, reward model: learn from pairs which of two answers people prefer.
 *
 *   L = - log sigmoid(r_chosen - r_rejected - margin) + centring (r_chosen + r_rejected)^2          (losses/reward.ts)
 *
 * It starts from the SFT model with a new head. Both answers of a pair are in one batch, so that the loss compares rewards of the
 * same weights. Accuracy on pairs never trained on says whether it learned a quality or the pairs.
 */
import { EpochStream, type Pair } from '../../data/rows/pairs.ts';
import { describeAccuracy, rewardAccuracy } from '../../evaluation/reward-accuracy.ts';
import type { KnobTable, ValuesOf } from '../../knobs.ts';
import { rewardLoss } from '../../losses/reward.ts';
import { type RewardModel, rewardModelFrom } from '../../models/reward-model.ts';
import { AdamW } from '../../optim/adamw.ts';
import { toAnswerBatch } from '../../scoring/answer-batch.ts';
import type { Tensor } from '../../tensor/index.ts';
import {
  fingerprintOfPairs,
  ofPairs,
  type PairBatch,
  type PairFiles,
  readPairs,
  rehearsePairs,
} from '../pair-data.ts';
import { QUICK, totalSteps } from '../settings.ts';
import { defineStage, forPreset } from '../stage.ts';
import { type Objective, supervised } from '../supervised.ts';

export const rewardKnobs = {
  rewardMargin: {
    type: 'number',
    min: 0,
    max: 100,
    default: 0,
    help: 'distance asked for between the rewards of a pair',
  },
  rewardCentring: {
    ...{ type: 'number', min: 0, max: 100, default: 0.01 },
    help: 'weight of the term that keeps rewards around zero',
  },
} as const satisfies KnobTable;

/** Small steps from where SFT ended: little decay, which would pull the model away from there. */
const small = { learningRate: 3e-4, weightDecay: 0.01, epochs: 3 };

export const reward = defineStage({
  name: 'reward',
  startsFrom: 'sft',
  learnsFrom: 'preferences',
  leaves: 'rewards',
  knobs: rewardKnobs,
  ignores: ['packing'],
  settings: (preset) =>
    forPreset(
      {
        ...{ pico: small, nano: small, micro: small },
        large: { ...small, learningRate: 1e-4, batchSize: 1, gradAccum: 16 },
      },
      preset,
    ),
  quick: QUICK.preferenceStage,
  rehearse: ({ files, ...place }) => rehearsePairs(files, place),

  async prepare(place) {
    const { name, files, tokenizer, model, random, settings, own } = place;
    const { context, seed, quick, reporter, signal } = place;
    const data = await readPairs(files, tokenizer, { context, quick, signal }, reporter);
    const scorer = rewardModelFrom(model, random);
    const objective = rewardObjective(scorer, data, own, { stage: name, seed, shuffle: settings.shuffle });
    const optimizer = new AdamW(scorer, settings);
    return {
      ...{ model: scorer, tokenizer, optimizer, random },
      ...supervised(objective, optimizer, settings),
      steps: totalSteps(settings, () => data.pairs.length),
      fingerprint: fingerprintOfPairs(data.pairs),
      async summary() {
        return data.heldOut.length === 0
          ? null
          : describeAccuracy(await rewardAccuracy(scorer, data.heldOut, { signal }));
      },
    };
  },
});

export function rewardObjective(
  model: RewardModel,
  { pairs, heldOut }: PairFiles,
  { rewardMargin: margin, rewardCentring: centring }: ValuesOf<typeof rewardKnobs>,
  { stage, seed, shuffle }: { readonly stage: string; readonly seed: number; readonly shuffle: boolean },
): Objective<Pair, PairBatch> {
  return {
    ...ofPairs,
    ...{ stage, model, heldOut },
    rows: new EpochStream(pairs, { seed, shuffle }),
    loss(batch, total) {
      const { chosen, rejected } = rewardsOf(model, batch);
      const { losses, margins, wins } = rewardLoss(chosen, rejected, { margin, centring });
      const share = (values: Tensor) => values.sum().div(total);
      return { loss: share(losses), parts: { accuracy: share(wins), margin: share(margins) } };
    },
  };
}

/** Rewards of both answers of every pair [P]. */
function rewardsOf(model: RewardModel, { answers, pairs }: PairBatch): { chosen: Tensor; rejected: Tensor } {
  const { ids, ends, options } = toAnswerBatch(answers);
  const rewards = model.forward(ids, ends, options); // [2 P]
  return { chosen: rewards.slice(0, 0, pairs.length), rejected: rewards.slice(0, pairs.length) };
}
