/**
 * Reinforcement learning with GRPO: PPO without a value head. Several answers to one question are each other's baseline.
 *
 *   A_i = (score_i - mean of the group) / deviation of the group, for every token of answer i        (Shao et al. 2024, eq. 3
 *     and 4)
 *   L   = clipped surrogate + c k3(p | p_ref)                                                         (losses/grpo.ts)
 *
 * The price of divergence is in the loss, not in the rewards. What is rewarded may be the opinion of the reward model, or
 * something that can be checked: with --reward fact an answer earns 1 if it contains the fact asked for, and no reward model is
 * needed. The step itself, draw -> score -> observe -> credit -> update, is in rollouts/step.ts.
 */
import { UserError } from '../../errors.ts';
import type { KnobTable, ValuesOf } from '../../knobs.ts';
import { groupAdvantages, grpoLoss } from '../../losses/grpo.ts';
import type { CausalLM } from '../../models/causal-lm.ts';
import { type Algorithm, rolloutKnobs, smallSteps, unusedKnobs } from '../rollouts/algorithm.ts';
import type { Experience, Observed } from '../rollouts/experience.ts';
import {
  checkRollouts,
  prepareRollouts,
  type RewardSource,
  rehearseRollouts,
  rewardModelRead,
} from '../rollouts/prepare.ts';
import { QUICK } from '../settings.ts';
import { defineStage, forPreset } from '../stage.ts';
import { reward } from './reward.ts';

export const grpoKnobs = {
  ...rolloutKnobs,
  groupSize: { type: 'number', whole: true, min: 2, max: 1024, default: 8, help: 'answers to one question' },
  reward: {
    type: 'choice',
    choices: ['model', 'fact'],
    default: 'model',
    help: 'what earns reward: the opinion of the reward model, or the fact asked for',
  },
} as const satisfies KnobTable;

export type GrpoSettings = ValuesOf<typeof grpoKnobs>;

const rewards = ({ reward: kind }: GrpoSettings): RewardSource => ({
  ...{ kind, stage: reward.name },
  advice: ', or use --reward fact',
});

export const grpo = defineStage({
  name: 'grpo',
  share: 2,
  startsFrom: 'sft',
  learnsFrom: 'preferences',
  leaves: 'chat',
  chatRank: 3,
  byDefault: false,
  knobs: grpoKnobs,
  ignores: unusedKnobs,
  scoreUnit: ({ reward: kind }) => (kind === 'fact' ? 'share of right answers' : undefined),
  settings: (preset) =>
    forPreset(
      {
        ...{ pico: smallSteps, nano: smallSteps, micro: smallSteps },
        large: { ...smallSteps, learningRate: 1e-5, batchSize: 2, gradAccum: 16 },
      },
      preset,
    ),
  quick: { ...QUICK.preferenceStage, rollouts: 16, maxNewTokens: 24 },
  check(place) {
    const { rollouts, groupSize } = place.own;
    if (rollouts % groupSize !== 0) {
      throw new UserError(
        `GRPO compares answers in groups: ${rollouts} answers in a step cannot be groups of ${groupSize}; change ` +
          '--rollouts or --group-size',
      );
    }
    if (place.own.reward === 'fact' && place.own.rewardFrom !== null && !place.willRun('ppo'))
      throw new UserError(
        '--reward-from names a reward model, which --reward fact does not ask; leave one out',
      );
    checkRollouts('grpo', place, rewards(place.own));
  },
  reads: (place) => rewardModelRead(place, rewards(place.own)),
  rehearse: (place) => rehearseRollouts(place, rewards(place.own)),
  prepare: (place) =>
    prepareRollouts(place, rewards(place.own), {
      algorithm: grpoAlgorithm(place.model, place.own),
      trained: place.model,
    }),
});

export function grpoAlgorithm(policy: CausalLM, { clip, groupSize }: GrpoSettings): Algorithm {
  return {
    actor: { policy, vHead: null },
    answersPerPrompt: groupSize,
    average: 'answer',
    wantsEntropy: false,
    credit: (observed, scores) => creditByGroup(observed, scores, groupSize),
    loss: ({ logProbs }, { oldLogProbs, referenceLogProbs, advantages }, price) =>
      grpoLoss({ logProbs, oldLogProbs, referenceLogProbs, advantages }, { clip, beta: price }),
  };
}

/** One advantage for all tokens of an answer, from its group. */
function creditByGroup(
  observed: readonly Observed[],
  scores: readonly number[],
  groupSize: number,
): Experience[] {
  const advantages = groupAdvantages(scores, groupSize);
  return observed.map((seen, i) => ({
    ...seen,
    returns: new Float64Array(seen.values.length),
    advantages: new Float64Array(seen.values.length).fill(advantages[i]!),
  }));
}
