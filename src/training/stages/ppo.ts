/**
 * Reinforcement learning from human feedback with PPO: draw answers, let the reward model score them, make good ones likelier.
 *
 *   r_t = -c (log p_old - log p_ref) at every token, + score at the last one                        (Ouyang et al. 2022, eq. 2)
 *   A_t   from r and the value head by GAE, whitened over all tokens of the step                    (losses/gae.ts)
 *   L   = clipped surrogate + value loss - entropy                                                  (losses/ppo.ts)
 *
 * The score comes once, at the end of the answer; the price of divergence (k1, see losses/kl.ts) is paid token by token, where it
 * arises. Simpler than the papers: policy and value share a body; answers are short, so gamma is 1; the reward is read once, with
 * no shaping. The step itself, draw -> score -> observe -> credit -> update, is in rollouts/step.ts.
 */

import type { KnobTable, ValuesOf } from '../../knobs.ts';
import { type GaeOptions, generalizedAdvantages, whiten } from '../../losses/gae.ts';
import { ppoLoss } from '../../losses/ppo.ts';
import { PolicyWithValue } from '../../models/value-head.ts';
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

export const ppoKnobs = {
  ...rolloutKnobs,
  valueClip: {
    type: 'number',
    above: 0,
    default: 0.2,
    help: 'how far a value may move in the updates of a step',
  },
  valueWeight: { type: 'number', min: 0, default: 0.1, help: 'weight of the value loss' },
  entropyWeight: { type: 'number', min: 0, max: 10, default: 0, help: 'reward for being undecided' },
  gamma: { type: 'number', min: 0, max: 1, default: 1, help: 'what a later reward is worth, per token' },
  lambda: {
    type: 'number',
    min: 0,
    max: 1,
    default: 0.95,
    help: 'GAE: 1 trusts the rewards, 0 the value head',
  },
} as const satisfies KnobTable;

export type PpoSettings = ValuesOf<typeof ppoKnobs>;

const rewards: RewardSource = { kind: 'model', stage: reward.name };

export const ppo = defineStage({
  name: 'ppo',
  share: 2,
  startsFrom: 'sft',
  learnsFrom: 'preferences',
  leaves: 'chat',
  chatRank: 4,
  knobs: ppoKnobs,
  ignores: unusedKnobs,
  settings: (preset) =>
    forPreset(
      {
        ...{ pico: smallSteps, nano: smallSteps, micro: smallSteps },
        large: { ...smallSteps, learningRate: 1e-5, batchSize: 2, gradAccum: 16 },
      },
      preset,
    ),
  quick: { ...QUICK.preferenceStage, rollouts: 16, maxNewTokens: 24 },
  check: (place) =>
    checkRollouts('ppo', place, {
      ...rewards,
      advice: ', or leave it out and use the stage grpo with --reward fact',
    }),
  reads: (place) => rewardModelRead(place, rewards),
  rehearse: (place) => rehearseRollouts(place, rewards),
  prepare(place) {
    const actor = new PolicyWithValue(place.model);
    return prepareRollouts(place, rewards, { algorithm: ppoAlgorithm(actor, place.own), trained: actor });
  },
});

export function ppoAlgorithm(actor: PolicyWithValue, rules: PpoSettings): Algorithm {
  return {
    actor,
    answersPerPrompt: 1,
    average: 'token',
    wantsEntropy: rules.entropyWeight > 0,
    credit: (observed, scores, price) => creditByGae(observed, scores, price, rules),
    loss: (acted, remembered) => ppoLoss({ ...acted, ...remembered }, rules),
  };
}

/** Rewards token by token, advantages by GAE, whitened over all tokens of the step. */
function creditByGae(
  observed: readonly Observed[],
  scores: readonly number[],
  price: number,
  options: GaeOptions,
): Experience[] {
  const each = observed.map(({ logProbs, referenceLogProbs, values }, i) => {
    const rewards = logProbs.map((logProb, t) => -price * (logProb - referenceLogProbs[t]!));
    rewards[rewards.length - 1]! += scores[i]!;
    return generalizedAdvantages(rewards, values, options);
  });
  const white = whiten(each.flatMap(({ advantages }) => Array.from(advantages)));
  let at = 0;
  return observed.map((seen, i) => {
    const { returns } = each[i]!;
    at += returns.length;
    return { ...seen, returns, advantages: white.slice(at - returns.length, at) };
  });
}
