/**
 * What makes one algorithm of reinforcement learning another: how answers are credited, and the loss of a token. Everything else
 * (drawing, scoring, observing, updating, stopping) is the same for all and stands in this folder; the algorithms are
 * training/stages/ppo.ts and grpo.ts.
 */

import type { KnobTable, ValuesOf } from '../../knobs.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { Acted, Actor, Experience, Observed } from './experience.ts';

/** The knobs that all of them have. */
export const rolloutKnobs = {
  rollouts: {
    type: 'number',
    whole: true,
    min: 2,
    max: 65536,
    default: 128,
    help: 'answers drawn in a step',
  },
  maxNewTokens: { type: 'number', whole: true, min: 1, max: 65536, default: 48, help: 'longest answer' },
  rolloutSteps: {
    type: 'number',
    whole: true,
    min: 1,
    default: 40,
    help: 'steps, where --max-steps does not say',
  },
  updateEpochs: {
    ...{ type: 'number', whole: true, min: 1, max: 100, default: 2 },
    help: 'passes over the answers of a step',
  },
  clip: { type: 'number', above: 0, max: 0.99, default: 0.2, help: 'how far a ratio p / p_old pays off' },
  klCoefficient: {
    ...{ type: 'number', min: 0, max: 100, default: 0.5 },
    help: 'price of a nat of divergence from the reference',
  },
  klTarget: {
    ...{ type: 'number', above: 0, default: null, absent: 'fixed price' },
    help: 'adapt the price to this divergence, in nats per answer',
  },
  stopKl: {
    ...{ type: 'number', above: 0, default: 0.05 },
    help: 'end the updates of a step once the policy has moved this far, in nats per token',
  },
  maxKl: {
    ...{ type: 'number', above: 0, default: 50 },
    help: 'give up at this divergence, in nats per answer: the policy has left the language',
  },
  rewardFrom: {
    ...{ type: 'text', value: 'DIR', default: null, absent: "the run's own" },
    help: 'reward model in this directory',
  },
} as const satisfies KnobTable;

export type RolloutSettings = ValuesOf<typeof rolloutKnobs>;

/**
 * Small steps from where SFT ended, at a constant rate; every step is a line of metrics. No decay: it would pull away from the
 * reference.
 */
export const smallSteps = {
  learningRate: 5e-5,
  weightDecay: 0,
  schedule: 'constant',
  warmup: 5,
  batchSize: 32,
  saveEvery: 20,
  logEvery: 1,
} as const;

/** Steps are counted in rollouts, and nothing is held out. */
export const unusedKnobs = ['epochs', 'packing', 'evaluateEvery', 'activationCheckpointing'] as const;

/** What is known of a minibatch, beside what the policy says now: one entry per token of its answers [N]. */
export interface Remembered {
  readonly oldLogProbs: Tensor;
  readonly oldValues: Tensor;
  readonly referenceLogProbs: Tensor;
  readonly advantages: Tensor;
  readonly returns: Tensor;
}

/** Loss of every token [N], and what is watched. */
export interface TokenLosses {
  readonly losses: Tensor;
  /** 1 where clipping acted. */
  readonly clipped: Tensor;
  readonly valueLosses?: Tensor;
}

export interface Algorithm {
  readonly actor: Actor;
  /** Answers drawn to each prompt. */
  readonly answersPerPrompt: number;
  /** Does every token count alike, or every answer? */
  readonly average: 'token' | 'answer';
  /** Does the loss look at entropies? */
  readonly wantsEntropy: boolean;
  /** Credit for every token, from one score per answer. `price` is that of a nat of divergence. */
  credit(observed: readonly Observed[], scores: readonly number[], price: number): Experience[];
  loss(acted: Acted, remembered: Remembered, price: number): TokenLosses;
}
