/**
 * The knobs of alignment beside those of every stage (settings.ts): how strongly to learn from preferences, and how far to go for it.
 *
 * With these values nano's PPO goes from a mean score of 0.06 to 0.90 deviations in 50 steps, for about one nat of divergence an answer; what was
 * tried besides is in docs/log.md. One flat record for all three stages, kept in run.json; flags change single values.
 */
import { UserError } from '../errors.ts';

export interface AlignmentSettings {
  // Reward model
  /** Distance asked for between the rewards of a pair. */
  readonly rewardMargin: number;
  /** Weight of the term that keeps rewards around zero. */
  readonly rewardCentring: number;

  // DPO
  readonly beta: number;
  readonly labelSmoothing: number;
  readonly dpoLoss: 'sigmoid' | 'ipo';

  // PPO and GRPO
  readonly algorithm: 'ppo' | 'grpo';
  /** What is rewarded: the reward model's opinion, or containing the fact asked for. */
  readonly reward: 'model' | 'fact';
  /** Answers drawn in a step. */
  readonly rollouts: number;
  /** Answers to one question (GRPO). */
  readonly groupSize: number;
  readonly maxNewTokens: number;
  /** Steps where --max-steps does not say. */
  readonly rolloutSteps: number;
  /** Passes over the answers of a step. */
  readonly updateEpochs: number;
  readonly clip: number;
  readonly valueClip: number;
  readonly valueWeight: number;
  readonly entropyWeight: number;
  readonly gamma: number;
  readonly lambda: number;
  /** Price of a nat of divergence from the reference; the first price where it adapts. */
  readonly klCoefficient: number;
  /** Divergence an answer, in nats, that the price is adapted to keep; null keeps the price. */
  readonly klTarget: number | null;
  /** The updates of a step end once a minibatch has moved so far (k3 a token) from the policy that drew the answers. */
  readonly stopKl: number;
  /** A divergence an answer at which the stage gives up: the policy has left the language. */
  readonly maxKl: number;
}

const defaults: AlignmentSettings = {
  rewardMargin: 0,
  rewardCentring: 0.01,
  beta: 1,
  labelSmoothing: 0,
  dpoLoss: 'sigmoid',
  algorithm: 'ppo',
  reward: 'model',
  rollouts: 128,
  groupSize: 8,
  maxNewTokens: 48,
  rolloutSteps: 60,
  updateEpochs: 2,
  clip: 0.2,
  valueClip: 0.2,
  valueWeight: 0.1,
  entropyWeight: 0,
  gamma: 1,
  lambda: 0.95,
  klCoefficient: 0.05,
  klTarget: null,
  stopKl: 0.05,
  maxKl: 50,
};

/** The default values with changes on top; combinations that make no sense are refused. */
export function alignmentSettings(changes: Partial<AlignmentSettings> = {}): AlignmentSettings {
  const settings = { ...defaults, ...changes };
  const { algorithm, reward, rollouts, groupSize } = settings;
  if (algorithm === 'grpo' && (groupSize < 2 || rollouts % groupSize !== 0)) {
    throw new UserError(
      `GRPO compares answers in groups: ${rollouts} answers a step cannot be groups of ${groupSize}; change --rollouts or --group-size`,
    );
  }
  if (algorithm === 'ppo' && reward === 'fact') {
    throw new UserError('--reward fact is for --algorithm grpo; PPO learns from the reward model');
  }
  if (settings.dpoLoss === 'ipo' && settings.labelSmoothing > 0) {
    throw new UserError('--label-smoothing is for --dpo-loss sigmoid; IPO has no such term, leave it out');
  }
  return settings;
}
